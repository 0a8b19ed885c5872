import ChannelSDK
import Foundation

/// The time of day, as the server has it.
struct RunningClock: WallClock {
    func now() -> Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
