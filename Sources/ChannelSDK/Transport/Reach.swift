/// Which addresses a request may be sent to.
///
/// What counts is the address of the connection itself, whatever the URL says and whatever its name resolves to: it is
/// looked at where the connection is made, and again where a kept one is used.
public enum Reach: Sendable, Hashable {
    /// Wherever the URL leads: it is the operator's own.
    case anywhere
    /// Addresses of the public internet, and those of the networks that are named. Loopback, private, link-local,
    /// carriers' shared, multicast and reserved addresses, those that clouds serve metadata from, and IPv6 addresses
    /// that stand for one of them fail with ``TransportFailure/Reason/forbiddenAddress``.
    case publicInternet(besides: [IPNetwork] = [])
}
