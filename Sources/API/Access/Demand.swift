public import Accounts
public import HTTPTypes

/// What a route asks of a request's credentials.
public enum Demand: Sendable, Hashable {
    /// Good ones, whatever they allow.
    case credentials
    /// Good ones that allow this.
    case scope(Scope)
}

/// An address of the API, with what it asks of those who call it.
public struct APIRoute: Sendable, Hashable {
    public let method: HTTPTypes.HTTPRequest.Method
    /// With its parameters in braces: `/notifications/{id}`.
    public let path: String
    /// Nil: it is open to everybody. Credentials are not looked at, since they may be a provider's.
    public let demand: Demand?

    /// E.g. `GET /notifications/{id}`.
    public var name: String { "\(method.rawValue) \(path)" }
}
