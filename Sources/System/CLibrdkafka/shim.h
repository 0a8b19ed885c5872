#pragma once
#include <librdkafka/rdkafka.h>
// The mock cluster that the tests' broker is made of; needs the header above.
#include <librdkafka/rdkafka_mock.h>

// rd_kafka_producev is variadic, and Swift can't call variadic C functions; rd_kafka_produceva frees headers twice in
// 2.0.2, rd_kafka_produce takes none. Key and value are copied. `headers` (or NULL) belong to librdkafka when it
// returns no error, and to the caller otherwise.
static inline rd_kafka_resp_err_t switchboard_produce(
    rd_kafka_t *handle, rd_kafka_topic_t *topic, int32_t partition, const void *key, size_t key_size, const void *value,
    size_t value_size, rd_kafka_headers_t *headers, void *opaque) {
    if (headers)
        return rd_kafka_producev(
            handle, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_VALUE((void *)value, value_size), RD_KAFKA_V_HEADERS(headers),
            RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
    if (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, (void *)value, value_size, key, key_size, opaque) == 0)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    return rd_kafka_last_error();
}
