import NIOCore

/// A message that the Twilio stand-in took.
final class TwilioMessage: Sendable {
    let sid: String
    let request: TwilioRequest
    let life: MessageLife
    /// When each report is due, whether or not it is sent.
    let plan: ReportPlan
    /// Milliseconds since 1970.
    let takenAt: Int64

    init(sid: String, request: TwilioRequest, life: MessageLife, plan: ReportPlan, takenAt: Int64) {
        self.sid = sid
        self.request = request
        self.life = life
        self.plan = plan
        self.takenAt = takenAt
    }

    /// The step whose status the message has by now: the furthest of those whose time has come; nil for none. It goes
    /// by the clock alone, so that a message whose reports are dropped moves on all the same.
    func step(at now: Int64) -> MessageLife.Step? {
        var elapsed = TimeAmount.milliseconds(now - takenAt)
        let due = plan.reports.prefix { report in
            if plan.isShuffled { return report.delay <= elapsed }
            elapsed = elapsed - report.delay
            return elapsed >= .zero
        }
        return due.map { life.steps[$0.step] }.max {
            TwilioStatus(rawValue: $0.status)! < TwilioStatus(rawValue: $1.status)!
        }
    }

    /// The message as Twilio's API shows it once `step` has happened; nil for when nothing has.
    func json(account: String, after step: MessageLife.Step?, at now: Int64) -> ByteBuffer {
        let uri = "/\(TwilioAPI.version)/Accounts/\(account)/Messages/\(sid)"
        var json = ByteBuffer()
        json.reserveCapacity(900 + request.body.utf8.count)
        json.writeStaticString("{\"account_sid\":")
        json.writeJSON(account)
        json.writeStaticString(",\"api_version\":\"2010-04-01\",\"body\":")
        json.writeJSON(request.body)
        let created = CivilTime(milliseconds: takenAt).rfc2822
        let updated = step == nil ? created : CivilTime(milliseconds: now).rfc2822
        json.writeString(",\"date_created\":\"\(created)\",\"date_sent\":")
        json.writeJSON(step == nil ? nil : updated)
        json.writeString(",\"date_updated\":\"\(updated)\",\"direction\":\"outbound-api\",\"error_code\":")
        json.writeString(step?.errorCode.map(String.init) ?? "null")
        json.writeStaticString(",\"error_message\":null,\"from\":")
        json.writeJSON(request.from)
        json.writeStaticString(",\"messaging_service_sid\":")
        json.writeJSON(request.messagingService)
        json.writeString(
            ",\"num_media\":\"\(request.mediaCount)\",\"num_segments\":\"\(SMSSegments.count(request.body))\"")
        json.writeStaticString(",\"price\":null,\"price_unit\":\"USD\",\"sid\":")
        json.writeJSON(sid)
        json.writeStaticString(",\"status\":")
        json.writeJSON(step?.status ?? life.initial)
        json.writeString(",\"subresource_uris\":{\"media\":\"\(uri)/Media.json\"},\"to\":")
        json.writeJSON(request.to)
        json.writeString(",\"uri\":\"\(uri).json\"}")
        return json
    }
}
