/// First in, first out, with a constant cost for each element.
struct FIFO<Element> {
    private var elements: [Element] = []
    private var head = 0

    var isEmpty: Bool { head == elements.count }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let first = elements[head]
        head += 1
        if isEmpty {
            elements.removeAll(keepingCapacity: elements.count < 1024)
            head = 0
        } else if head >= 1024, head * 2 > elements.count {
            // Lets go of the elements at the front, at a cost of one move per element.
            elements.removeFirst(head)
            head = 0
        }
        return first
    }

    /// Takes out those that meet `condition`, in order.
    mutating func removeAll(where condition: (Element) -> Bool) -> [Element] {
        let waiting = elements[head...]
        guard waiting.contains(where: condition) else { return [] }
        let removed = waiting.filter(condition)
        elements = waiting.filter { !condition($0) }
        head = 0
        return removed
    }
}
