#pragma once
#include <librdkafka/rdkafka.h>
// The mock cluster that the tests' broker is made of; needs the header above.
#include <librdkafka/rdkafka_mock.h>

// rd_kafka_producev is variadic, and Swift can't call variadic C functions; rd_kafka_produceva frees headers twice in
// 2.0.2. Key and value are copied. `headers` belong to librdkafka when it returns no error, and to the caller otherwise.
static inline rd_kafka_resp_err_t switchboard_produce(
    rd_kafka_t *handle, rd_kafka_topic_t *topic, rd_kafka_message_t message, rd_kafka_headers_t *headers) {
    return rd_kafka_producev(
        handle, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(message.partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(message.key, message.key_len),
        RD_KAFKA_V_VALUE(message.payload, message.len), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE(message._private), RD_KAFKA_V_END);
}
