import Glibc

/// Loads a library in another process first, and has it say what it is: a file that is damaged, or whose own start traps,
/// ends that one.
enum LibraryTrial {
    /// Of the hidden command that is the other process.
    static let command = ["channel", "load"]
    /// Where that process finds the library.
    static let descriptor: Int32 = 3

    /// With which that process ends once the library has said all: a library that ends it by itself doesn't know it.
    private static let completion: Int32 = 86

    private static let patience = Duration.seconds(60)

    /// - Throws: the process that loaded it did not come through. What it found is not said.
    static func run(_ library: Int32) throws(ChannelLibrary.Refusal) {
        guard let process = start(library) else { return }
        let end = ContinuousClock.now + patience
        var status: Int32 = 0
        while true {
            let ended = waitpid(process, &status, WNOHANG)
            if ended == process { break }
            guard ended == 0 || errno == EINTR else { return }
            guard ContinuousClock.now < end else {
                kill(process, SIGKILL)
                waitpid(process, &status, 0)
                throw ChannelLibrary.Refusal("does not come to an end when it is loaded")
            }
            usleep(2000)
        }
        let signal = status & 0x7F
        guard signal == 0 else {
            throw ChannelLibrary.Refusal(
                "ends the process that loads it (signal \(signal)): it is damaged, or traps when it is loaded")
        }
        let code = (status >> 8) & 0xFF
        guard code == completion else {
            throw ChannelLibrary.Refusal("ends the process that loads it (exit code \(code))")
        }
    }

    /// Nil: no process could be started, and the library is judged without.
    private static func start(_ library: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A duplicate under another number, as one under its own would be closed when the program starts.
        let copy = library == descriptor ? dup(library) : library
        defer { if copy != library { close(copy) } }
        posix_spawn_file_actions_adddup2(&actions, copy, descriptor)
        for output in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0)
        }
        var words = (["switchboard"] + command).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let failure = posix_spawn(&process, "/proc/self/exe", &actions, nil, &words, environ)
        return failure == 0 ? process : nil
    }

    /// What the other process does.
    static func load() -> Never {
        _ = try? ChannelLibrary.judged(loadPath: "/proc/self/fd/\(descriptor)", name: "")
        _exit(completion)
    }
}
