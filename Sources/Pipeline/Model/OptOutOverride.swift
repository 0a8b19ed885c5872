import ChannelSDK

/// An application's word that a message goes to its recipient although they opted out: the confirmation of their opting
/// out, or what the law requires to be sent. An option, so that it is of the request, and a repeat without it conflicts.
public enum OptOutOverride {
    public static let option = "ignore_opt_out"
    public static let words = ["true", "false"]

    static func isGiven(by content: MessageContent) -> Bool { content.options[option] == "true" }
}
