// A Kafka cluster in memory, for tests: librdkafka's mock cluster behind a line protocol. Prints its bootstrap servers,
// then obeys one command per line of standard input, answering `ok` or `error REASON`; ends at the end of input.
import CLibrdkafka
import Glibc

struct Failure: Error { let reason: String }

func check(_ code: rd_kafka_resp_err_t) throws(Failure) {
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw Failure(reason: String(cString: rd_kafka_err2str(code))) }
}

/// Carries out one command: a word, then its arguments.
func obey(_ line: String, on cluster: OpaquePointer, brokers: Int32) throws(Failure) {
    let words = line.split(separator: " ").map(String.init)
    func number(_ index: Int) throws(Failure) -> Int32 {
        guard let value = Int32(words[index]), value >= 0 else {
            throw Failure(reason: "'\(words[index])' is not a number")
        }
        return value
    }
    func broker(_ index: Int) throws(Failure) -> Int32 {
        let id = try number(index)
        guard (1...brokers).contains(id) else { throw Failure(reason: "brokers are numbered 1 to \(brokers)") }
        return id
    }
    switch (words.first, words.count) {
    case ("topic", 3): try check(rd_kafka_mock_topic_create(cluster, words[1], number(2), min(brokers, 3)))
    case ("down", 2): try check(rd_kafka_mock_broker_set_down(cluster, broker(1)))
    case ("up", 2): try check(rd_kafka_mock_broker_set_up(cluster, broker(1)))
    case ("rtt", 3): try check(rd_kafka_mock_broker_set_rtt(cluster, broker(1), number(2)))
    case ("leader", 4): try check(rd_kafka_mock_partition_set_leader(cluster, words[1], number(2), broker(3)))
    case ("coordinator", 3): try check(rd_kafka_mock_coordinator_set(cluster, "group", words[1], broker(2)))
    default:
        throw Failure(
            reason:
                "use: topic NAME PARTITIONS, down BROKER, up BROKER, rtt BROKER MS, leader TOPIC PARTITION BROKER, coordinator GROUP BROKER"
        )
    }
}

/// At once, also into a pipe: whoever started this waits for the line.
func say(_ line: String, on file: Int32 = STDOUT_FILENO) {
    var bytes = Array(line.utf8)[...]
    bytes.append(0x0A)
    while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        bytes = bytes.dropFirst(count)
    }
}

let brokers = Int32(CommandLine.arguments.dropFirst().first ?? "3") ?? 0
guard (1...16).contains(brokers), CommandLine.arguments.count <= 2 else {
    say("usage: MockBroker [BROKERS (1 to 16, default 3)]", on: STDERR_FILENO)
    exit(2)
}
var reason = [CChar](repeating: 0, count: 512)
guard let handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), &reason, reason.count),
    let cluster = rd_kafka_mock_cluster_new(handle, brokers)
else {
    say("the mock cluster does not start", on: STDERR_FILENO)
    exit(1)
}
say(String(cString: rd_kafka_mock_cluster_bootstraps(cluster)))
while let line = readLine() {
    do throws(Failure) {
        try obey(line, on: cluster, brokers: brokers)
        say("ok")
    } catch {
        say("error \(error.reason)")
    }
}
rd_kafka_mock_cluster_destroy(cluster)
rd_kafka_destroy(handle)
