import ChannelSDK

extension ConformanceSuite {
    /// Checks the declared verification: genuine as the provider signs the request; refused without that, with any byte of
    /// the proof changed, and, where the scheme covers the body, with one byte more or less there, or any one changed.
    public func check(verification cases: [VerificationCase]) async -> [ConformanceFinding] {
        var list = findings(.verification)
        for one in cases {
            guard case .scheme(let verifier) = channel.webhooks.verification else {
                list.expect(false, at: one.location, "the channel declares no verification")
                break
            }
            for request in one.requests { await list.expect(verifier, believesOnly: request, one, self) }
        }
        return list.findings
    }

    /// Checks that nobody is believed who can't sign, whatever they send.
    func check(verificationAgainst requests: [WebhookRequest]) async -> [ConformanceFinding] {
        var list = findings(.verification)
        switch channel.webhooks.verification {
        case .none(let reason):
            list.expect(!reason.isEmpty, at: nil, "nothing is verified, and no reason is given")
        case .scheme(let verifier):
            list.expect(!verifier.name.isEmpty, at: nil, "the verification has no name")
            for request in requests {
                let verdict = await verifier.verify(request, now: host.clock.now())
                list.expect(verdict != .genuine, at: nil, "\(verifier.name): a request without a proof is genuine")
                list.expectNoSecret(in: verdict, self, at: nil, "\(verifier.name): the refusal")
            }
        }
        return list.findings
    }
}

extension FindingList {
    fileprivate mutating func expect(
        _ verifier: any WebhookVerifier, believesOnly request: WebhookRequest, _ one: VerificationCase,
        _ suite: ConformanceSuite
    ) async {
        let (now, here) = (suite.host.clock.now(), one.location)
        let signed = one.sign(request)
        let verdict = await verifier.verify(signed, now: now)
        expect(verdict, is: .genuine, at: here, "the verdict on a signed request")
        let bare = await verifier.verify(request, now: now)
        expect(bare != .genuine, at: here, "an unsigned request is genuine")
        expectNoSecret(in: bare, suite, at: here, "the refusal")
        for forgery in signed.withAlteredProof(besides: request) {
            let verdict = await verifier.verify(forgery.request, now: now)
            expect(
                verdict != .genuine, at: here,
                "a request is genuine with another byte in \(forgery.place): every byte of a proof must count")
            expectNoSecret(in: verdict, suite, at: here, "the refusal")
        }
        guard one.coversBody else { return }
        for body in Self.alterations(of: signed.body) where body != signed.body {
            let verdict = await verifier.verify(signed.with(body: body), now: now)
            expect(verdict != .genuine, at: here, "a request with an altered body is genuine")
            expectNoSecret(in: verdict, suite, at: here, "the refusal")
        }
    }

    private static func alterations(of body: [UInt8]) -> [[UInt8]] {
        let changed = body.indices.prefix(1000).map { index in
            var changed = body
            changed[index] ^= 1
            return changed
        }
        return [body + [UInt8(ascii: "x")], Array(body.dropLast()), []] + changed
    }
}
