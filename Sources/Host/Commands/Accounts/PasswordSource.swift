import ArgumentParser
import ChannelSDK
import Foundation

/// Where a command gets a password from: standard input, the environment, or whoever sits at the terminal. Never an
/// argument: others on the machine see those.
struct PasswordSource: ParsableArguments {
    static let variable = "SWITCHBOARD_PASSWORD"

    @Flag(help: "Read the password from standard input, one line.") var passwordStdin = false

    func password() throws -> Secret {
        if passwordStdin {
            guard let line = readLine(), !line.isEmpty else { throw Refusal("standard input holds no password") }
            return Secret(line)
        }
        if let value = ProcessInfo.processInfo.environment[Self.variable], !value.isEmpty { return Secret(value) }
        guard let terminal = HiddenInput() else {
            throw Refusal(
                "there is no terminal to ask for the password: put it into \(Self.variable), or give --password-stdin")
        }
        guard let first = terminal.ask("Password: "), let second = terminal.ask("Again: ") else {
            throw ExitCode(1)
        }
        guard first == second else { throw Refusal("the two are different") }
        return first
    }

    struct Refusal: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}

/// The process's terminal, which shows nothing of what is typed.
struct HiddenInput {
    private let terminal: Int32

    /// Nil: there is none.
    init?() {
        terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        if terminal < 0 { return nil }
    }

    /// Nil: whoever was asked gave up, or the terminal is gone.
    func ask(_ question: String) -> Secret? {
        var usual = termios()
        guard tcgetattr(terminal, &usual) == 0 else { return nil }
        var silent = usual
        // Signals too are read as bytes: one that ended the process here would leave the terminal mute.
        silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        guard tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else { return nil }
        defer {
            tcsetattr(terminal, TCSAFLUSH, &usual)
            write("\n")
        }
        write(question)
        return line()
    }

    private func line() -> Secret? {
        var bytes: [UInt8] = []
        while let byte = next() {
            switch byte {
            case 0x0A, 0x0D: return Secret(String(decoding: bytes, as: UTF8.self))
            // Control-C, control-D and control-Z.
            case 0x03, 0x04, 0x1A: return nil
            // Backspace takes a whole character.
            case 0x08, 0x7F: while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
            case 0x15: bytes = []
            default: bytes.append(byte)
            }
        }
        return nil
    }

    private func next() -> UInt8? {
        var byte: UInt8 = 0
        return read(terminal, &byte, 1) == 1 ? byte : nil
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(terminal, bytes, bytes.count)
    }
}
