import ChannelSDK

extension DeliveryOutcome {
    /// With the segments of `content`'s text, where the provider took it and did not count for itself. What goes with
    /// media, or is made of the provider's own template, is not cut so.
    func counted(of content: MessageContent) -> DeliveryOutcome {
        guard case .accepted(var acceptance) = self, acceptance.segments == nil else { return self }
        guard !content.body.isEmpty, content.options["media_url"] == nil, content.options["content_sid"] == nil else {
            return self
        }
        acceptance.segments = SMSSegments(of: content.body).count
        return .accepted(acceptance)
    }
}
