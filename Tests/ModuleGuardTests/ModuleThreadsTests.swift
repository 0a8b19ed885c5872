import Dispatch
import Synchronization
import Testing

@testable import ModuleGuard

@Suite(.timeLimit(.minutes(10))) struct ModuleThreadsTests {
    /// Short, so that what hangs is given up at once.
    static let patience = ModuleThreads.Patience(period: .milliseconds(5), looks: 20)
    private let threads = ModuleThreads(patience: patience)
    /// For what returns, however slow the machine is.
    private let patient = ModuleThreads(patience: .init(period: .milliseconds(250), looks: 4000))

    @Test func whatReturnsIsTheAnswer() async {
        guard case .value(7) = await patient.call({ 7 }) else {
            Issue.record("no answer")
            return
        }
        guard case .value(8) = await patient.task(within: .seconds(60), { 8 }) else {
            Issue.record("no answer")
            return
        }
        guard case .value(9) = patient.callAndWait({ 9 }) else {
            Issue.record("no answer")
            return
        }
    }

    /// Every one of many calls from everywhere is answered, while threads come and go.
    @Test func manyAreAnswered() async {
        let sum = await withTaskGroup(of: Int.self) { group in
            for number in 0..<2000 {
                group.addTask {
                    let ending =
                        number.isMultiple(of: 2)
                        ? await patient.call { number }
                        : await patient.task(within: .seconds(600)) {
                            await Task.yield()
                            return number
                        }
                    return ending.value ?? .min / 4000
                }
            }
            return await group.reduce(0, +)
        }
        #expect(sum == 1999 * 1000)
    }

    /// What waits for a thread that is at work does not wait longer than the watch takes to look.
    @Test func whatBlocksHoldsUpNoOther() async {
        let gate = DispatchSemaphore(value: 0)
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        async let blocking = patient.call {
            begin.finish()
            gate.wait()
        }
        for await _ in begun {}
        for number in 0..<5 {
            let ending = await patient.call { number }
            #expect(ending.value == number)
        }
        gate.signal()
        #expect(await blocking.value != nil)
    }

    @Test func whatHangsIsGivenUpAndTakesItsThread() async {
        let gate = DispatchSemaphore(value: 0)
        let begun = Mutex(0)
        for number in 1...ModuleThreads.limit {
            let ending = await threads.call {
                begun.withLock { $0 += 1 }
                gate.wait()
            }
            guard case .overdue = ending else {
                Issue.record("call \(number): \(ending)")
                return
            }
        }
        // The looks that a call lives to see and those that its work does are not the same ones.
        while !threads.isStuck {
            guard case .notBegun = await threads.call({ begun.withLock { $0 += 1 } }) else {
                Issue.record("a thread that there is not")
                return
            }
        }
        guard case .notBegun = await threads.call({ begun.withLock { $0 += 1 } }) else {
            Issue.record("a thread that there is not")
            return
        }
        #expect(begun.withLock { $0 } == ModuleThreads.limit)
        for _ in 0..<ModuleThreads.limit { gate.signal() }
        // What was given up before its turn came does not run now.
        while true {
            if case .value = await threads.call({}) { break }
        }
        #expect(begun.withLock { $0 } == ModuleThreads.limit)
        #expect(!threads.isStuck)
    }

    @Test func whatWaitsHoldsNoThread() async {
        let (stream, end) = AsyncStream.makeStream(of: Void.self)
        let waiting = (0..<50).map { _ in
            Task { await patient.task(within: .seconds(600)) { for await _ in stream { break } } }
        }
        guard case .value(1) = await patient.call({ 1 }) else {
            Issue.record("no thread")
            return
        }
        end.finish()
        for task in waiting {
            guard case .value = await task.value else {
                Issue.record("\(await task.value)")
                return
            }
        }
    }

    /// Calls that are made together: what waits for something ends later, and nobody waits for it.
    @Test func whatComesTogetherIsDoneTogether() async {
        let (stream, end) = AsyncStream.makeStream(of: Void.self)
        let (rest, isOver) = AsyncStream.makeStream(of: Int.self)
        let ended = Mutex<[Int: Int]>([:])
        await patient.tasks(50, within: .seconds(600)) { number in
            if number == 7 { for await _ in stream { break } }
            return number * 2
        } ended: { number, ending in
            ended.withLock { $0[number] = ending.value }
            if number == 7 { isOver.yield(7) }
        }
        let prompt = (0..<50).filter { $0 != 7 }
        #expect(ended.withLock { $0 } == Dictionary(uniqueKeysWithValues: prompt.map { ($0, $0 * 2) }))
        end.finish()
        for await _ in rest { break }
        #expect(ended.withLock { $0[7] } == 14)
    }

    /// One that does not return takes its thread, and the others' turn comes on another one.
    @Test(arguments: [false, true]) func whatHangsLeavesTheOthersTheirTurn(waits: Bool) async {
        let gate = DispatchSemaphore(value: 0)
        let (overdue, isOver) = AsyncStream.makeStream(of: Bool.self)
        let ended = Mutex<[Int]>([])
        let call: @Sendable (Int) -> Int = { number in
            if number == 1 { gate.wait() }
            return number
        }
        let note: @Sendable (Int, ModuleThreads.Ending<Int>) -> Void = { number, ending in
            if let number = ending.value { return ended.withLock { $0.append(number) } }
            if case .overdue = ending { isOver.yield(number == 1) }
        }
        if waits {
            await threads.tasks(5, within: .milliseconds(100), call, ended: note)
        } else {
            await threads.calls(5, within: .milliseconds(100), call, ended: note)
        }
        for await isFirst in overdue {
            #expect(isFirst)
            break
        }
        #expect(ended.withLock { $0.sorted() } == [0, 2, 3, 4])
        gate.signal()
    }

    @Test func whatHasNoThreadIsSaidOfEach() async {
        let gate = DispatchSemaphore(value: 0)
        let begun = Atomic(0)
        while !threads.isStuck {
            _ = await threads.call {
                begun.add(1, ordering: .relaxed)
                gate.wait()
            }
        }
        let ended = Mutex<[Int]>([])
        let note: @Sendable (Int, ModuleThreads.Ending<Int>) -> Void = { number, ending in
            if case .notBegun = ending { ended.withLock { $0.append(number) } }
        }
        await threads.tasks(3, within: .seconds(600), { $0 }, ended: note)
        await threads.calls(3, within: .seconds(600), { $0 }, ended: note)
        #expect(ended.withLock { $0.sorted() } == [0, 0, 1, 1, 2, 2])
        for _ in 0..<begun.load(ordering: .relaxed) { gate.signal() }
    }

    /// A task that does not end is given up, and told so.
    @Test func whatIsGivenUpIsCancelled() async {
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let ending = await threads.task(within: .milliseconds(50)) {
            while !Task.isCancelled { await Task.yield() }
            end.finish()
        }
        guard case .overdue = ending else {
            Issue.record("\(ending)")
            return
        }
        for await _ in ended {}
    }

    /// Calls that are made together take as long as they like together, while each ends in its time.
    @Test func eachCallHasItsTime() async {
        let clock = ModuleThreads(patience: .init(period: .milliseconds(5), looks: 12))
        // More than each of the calls needs, and less than all of them.
        let threads = ModuleThreads(patience: .init(period: .milliseconds(5), looks: 30))
        let answers = await threads.allCalls(8) { number in
            let gate = DispatchSemaphore(value: 0)
            _ = clock.callAndWait { gate.wait() }
            gate.signal()
            return number
        } otherwise: { _ in
            -1
        }
        #expect(answers == Array(0..<8))
    }

    /// Each returns soon, and all of them together take longer than anybody waits: what has not begun by then never does.
    @Test func whatComesTooLateInItsLotDoesNotBegin() async {
        let clock = ModuleThreads(patience: .init(period: .milliseconds(1), looks: 1))
        let begun = Atomic(0)
        let ended = Mutex<[Int: Bool]>([:])
        await threads.calls(2000, within: .milliseconds(50)) { _ in
            begun.add(1, ordering: .relaxed)
            let gate = DispatchSemaphore(value: 0)
            _ = clock.callAndWait { gate.wait() }
            gate.signal()
        } ended: { number, ending in
            if case .notBegun = ending {
                ended.withLock { $0[number] = false }
            } else {
                ended.withLock { $0[number] = true }
            }
        }
        // The one that is under way then ends by itself.
        while ended.withLock({ $0.count }) < 2000 { await Task.yield() }
        #expect(ended.withLock { $0.values.count { $0 } } == begun.load(ordering: .relaxed))
        #expect(begun.load(ordering: .relaxed) < 2000)
    }

    /// Some of a lot hang: all others are answered, and nobody waits for one after the other.
    @Test func thoseThatHangAreOverdueTogether() async {
        let gate = DispatchSemaphore(value: 0)
        let begun = Mutex<Set<Int>>([])
        let answers = await threads.allCalls(10) { number in
            begun.withLock { _ = $0.insert(number) }
            if [2, 3, 9].contains(number) { gate.wait() }
            return number
        } otherwise: {
            $0 ? -1 : -2
        }
        #expect(answers == [0, 1, -1, -1, 4, 5, 6, 7, 8, -1])
        #expect(begun.withLock { $0 } == Set(0..<10))
        for _ in 0..<3 { gate.signal() }
        // Their late answers are nobody's, and their threads come back.
        #expect(await threads.allCalls(100, { $0 }, otherwise: { _ in -1 }) == Array(0..<100))
    }

    /// A lot that takes its time holds up no other: each has a thread of its own while there are some.
    @Test func lotsGoOnBesideEachOther() async {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let gate = DispatchSemaphore(value: 0)
        async let slow = patient.allCalls(3) { number in
            begin.yield()
            gate.wait()
            return number
        } otherwise: { _ in
            -1
        }
        for await _ in begun { break }
        #expect(await patient.allCalls(3, { $0 }, otherwise: { _ in -1 }) == [0, 1, 2])
        for _ in 0..<3 { gate.signal() }
        #expect(await slow == [0, 1, 2])
        #expect(await patient.allCalls(0, { $0 }, otherwise: { _ in -1 }) == [])
    }

    /// No thread comes back: what has not begun is said to have not, however patient.
    @Test func whatIsLeftOfALotWhenAllThreadsAreLostHasNotBegun() async {
        let gate = DispatchSemaphore(value: 0)
        let count = ModuleThreads.limit + 3
        let answers = await threads.allCalls(count) { _ in
            gate.wait()
            return 0
        } otherwise: {
            $0 ? -1 : -2
        }
        #expect(answers == Array(repeating: -1, count: ModuleThreads.limit) + [-2, -2, -2])
        for _ in 0..<ModuleThreads.limit { gate.signal() }
    }
}

extension ModuleThreads {
    fileprivate func call<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Ending<Value> {
        await withCheckedContinuation { continuation in
            calls(1, looks: patience.looks) { _ in
                body()
            } ended: {
                continuation.resume(returning: $1)
            } isOver: {
            }
        }
    }
}
