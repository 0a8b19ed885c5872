import ChannelSDK
import ChannelTesting
import Dispatch
import Synchronization

@testable import Accounts

/// No bytes are a good token: nobody knows the secret.
enum TokenInput {
    private static let tokens = wait {
        try! await Tokens(
            TokenConfiguration(secret: Secret("nobody knows this secret of the fuzzing run")),
            clock: HeldClock(at: Timestamp(milliseconds: 1_767_225_600_000)))
    }

    static func run(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let isGood = wait { (try? await tokens.verify(text)) != nil }
        precondition(!isGood, "a token without the secret was taken")
    }

    private static func wait<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Value {
        let done = DispatchSemaphore(value: 0)
        let result = Mutex<Value?>(nil)
        Task {
            let value = await work()
            result.withLock { $0 = value }
            done.signal()
        }
        done.wait()
        return result.withLock { $0! }
    }
}
