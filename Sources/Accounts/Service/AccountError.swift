public import ChannelSDK

/// Why a wish about accounts was not granted.
public enum AccountError: Error, Sendable, Hashable {
    case refused(Refusal)
    /// What is wrong with which field.
    case invalid([FieldProblem])
    case registrationClosed
    /// Too many passwords are being checked: try again in a few seconds.
    case busy
    case emailTaken
    case unknownUser
    case unknownKey
    /// Others change the same user all the time: try again.
    case changedMeanwhile
    /// The store does not answer, or there is no memory: try again later. What was wished may have been done.
    case unavailable(String)
    /// A repeat would fail the same way.
    case failed(String)

    init(_ error: AccountStoreError) {
        self =
            switch error {
            case .emailTaken: .emailTaken
            case .changedMeanwhile: .changedMeanwhile
            case .unavailable(let reason): .unavailable(reason)
            case .failed(let reason): .failed(reason)
            case .prefixTaken: .failed("no free prefix for an API key was found")
            }
    }

    /// Any error of a port or of the hasher.
    init(_ error: any Error) {
        switch error {
        case let error as Self: self = error
        case let error as AccountStoreError: self.init(error)
        case let reason as Refusal.Reason: self = .refused(Refusal(reason))
        case is PasswordHasher.Busy: self = .busy
        case is PasswordHashingFailed: self = .unavailable("a password's hash could not be computed: out of memory?")
        default: self = .failed("\(type(of: error))")
        }
    }
}
