/// The description as a page for people: made of the documents, without scripts, without anything from elsewhere.
struct DescriptionPage {
    private let document: JSONTree
    private let events: JSONTree

    init(_ document: JSONTree, events: JSONTree) {
        (self.document, self.events) = (document, events)
    }

    var html: String {
        let title = HTMLText.escaped(document["info"]?["title"]?.string ?? "")
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(title): the API</title>
            <link rel="stylesheet" href="/docs/style.css">
            </head>
            <body>
            <a class="skip" href="#content">To the content</a>
            <header>
            <h1>\(title)</h1>
            <p class="lead">\(HTMLText.inline(document["info"]?["summary"]?.string ?? ""))</p>
            </header>
            <nav aria-label="Contents">\n\(contents)\n</nav>
            <main id="content">
            <section>\n\(HTMLText.paragraphs(document["info"]?["description"]?.string ?? ""))
            <p>The same for programs: <a href="/openapi.json">openapi.json</a>, <a href="/asyncapi.json">asyncapi.json</a>.</p>
            </section>
            \(operations.map(section).joined(separator: "\n"))
            <h2 id="topics">Topics</h2>
            \(HTMLText.paragraphs(events["info"]?["description"]?.string ?? ""))
            \((events["components"]?["messages"]?.members ?? []).map(section).joined(separator: "\n"))
            <h2 id="schemas">Schemas</h2>
            \((document["components"]?["schemas"]?.members ?? []).map(schemaSection).joined(separator: "\n"))
            </main>
            </body>
            </html>

            """
    }

    // MARK: Contents

    private struct Group {
        let name: String
        var operations: [(method: String, path: String, tree: JSONTree)]
    }

    /// By tag, in the document's order.
    private var operations: [Group] {
        var groups = (document["tags"]?.elements ?? []).map { Group(name: $0["name"]?.string ?? "", operations: []) }
        for path in document["paths"]?.members ?? [] {
            for method in path.value.members {
                let tag = method.value["tags"]?.elements.first?.string
                guard let index = groups.firstIndex(where: { $0.name == tag }) else { continue }
                groups[index].operations.append((method.name.uppercased(), path.name, method.value))
            }
        }
        return groups
    }

    private var contents: String {
        let topics = (events["components"]?["messages"]?.members ?? []).map {
            "<li><a href=\"#topic-\(HTMLText.escaped($0.name))\"><code>\(HTMLText.escaped($0.name))</code></a></li>"
        }
        let groups = operations.map { group in
            let links = group.operations.map {
                "<li><a href=\"#\($0.tree["operationId"]?.string ?? "")\">\(HTMLText.inline($0.tree["summary"]?.string ?? ""))</a></li>"
            }
            return
                "<details open><summary>\(HTMLText.escaped(group.name))</summary><ul>\(links.joined())</ul></details>"
        }
        return groups.joined(separator: "\n")
            + "\n<details open><summary><a href=\"#topics\">Topics</a></summary><ul>\(topics.joined())</ul></details>"
            + "\n<p><a href=\"#schemas\">Schemas</a></p>"
    }

    // MARK: Operations

    private func section(_ group: Group) -> String {
        "<h2>\(HTMLText.escaped(group.name))</h2>\n"
            + group.operations.map { section($0.method, $0.path, $0.tree) }.joined(separator: "\n")
    }

    private func section(_ method: String, _ path: String, _ tree: JSONTree) -> String {
        let id = tree["operationId"]?.string ?? ""
        var html = """
            <section class="operation" id="\(id)">
            <h3><a href="#\(id)">\(HTMLText.inline(tree["summary"]?.string ?? ""))</a></h3>
            <p class="route"><span class="method \(method.lowercased())">\(method)</span> <code>\(breakable(path))</code></p>
            \(HTMLText.paragraphs(tree["description"]?.string ?? ""))
            """
        html += demand(tree)
        html += parameters(tree["parameters"]?.elements ?? [])
        if let body = tree["requestBody"] { html += "\n<h4>Body</h4>" + content(body) }
        return html + answers(tree["responses"]?.members ?? []) + "\n</section>"
    }

    private func demand(_ tree: JSONTree) -> String {
        guard let scheme = tree["security"]?.elements.first?.members.first else { return "" }
        let scopes = scheme.value.elements.compactMap(\.string).map { "<code>\(HTMLText.escaped($0))</code>" }
        let what = scopes.isEmpty ? "any good credentials" : "credentials with " + scopes.joined(separator: ", ")
        return "\n<p class=\"demand\">Demands \(what).</p>"
    }

    private func parameters(_ parameters: [JSONTree]) -> String {
        guard !parameters.isEmpty else { return "" }
        let rows = parameters.map { parameter in
            let schema = parameter["schema"] ?? [:]
            return row(
                parameter["name"]?.string ?? "", isRequired: parameter["required"] == true,
                SchemaText(schema).html + " in the \(parameter["in"]?.string ?? "")",
                parameter["description"]?.string ?? "")
        }
        return "\n<h4>Parameters</h4>" + table(rows)
    }

    private func content(_ tree: JSONTree) -> String {
        (tree["content"]?.members ?? []).map { media in
            let schema = media.value["schema"] ?? [:]
            var html = "\n<p><code>\(HTMLText.escaped(media.name))</code> \(SchemaText(schema).html)</p>"
            for example in media.value["examples"]?.members ?? [] { html += self.example(example.value["value"]) }
            html += example(media.value["example"])
            return html
        }.joined()
    }

    private func example(_ value: JSONTree?) -> String {
        guard let value else { return "" }
        return "\n<pre tabindex=\"0\"><code>\(HTMLText.escaped(value.indented()))</code></pre>"
    }

    private func answers(_ answers: [JSONTree.Member]) -> String {
        let items = answers.map { answer in
            // What answers of all operations have in common is said once, at the beginning.
            let headers = (answer.value["headers"]?.members ?? []).filter { $0.value["$ref"] == nil }
                .map { "<code>\(HTMLText.escaped($0.name))</code>" }
            let also = headers.isEmpty ? "" : " With \(headers.joined(separator: ", "))."
            let isProblem = answer.value["content"]?["application/problem+json"] != nil
            return "<dt class=\"s\(answer.name.prefix(1))\">\(answer.name)</dt><dd>"
                + HTMLText.inline(answer.value["description"]?.string ?? "") + also
                + (isProblem ? "" : content(answer.value)) + "</dd>"
        }
        return "\n<h4>Answers</h4>\n<dl>\n\(items.joined(separator: "\n"))\n</dl>"
    }

    // MARK: Schemas and topics

    private func schemaSection(_ schema: JSONTree.Member) -> String {
        let name = HTMLText.escaped(schema.name)
        return """
            <section class="schema" id="schema-\(name)">
            <h3><a href="#schema-\(name)">\(name)</a></h3>
            \(members(schema.value))
            </section>
            """
    }

    private func section(_ topic: JSONTree.Member) -> String {
        let name = HTMLText.escaped(topic.name)
        let data = events["components"]?["schemas"]?[topic.name]
        let file = data == nil ? "" : " <a href=\"/schemas/\(name)\">JSON Schema</a>"
        return """
            <section class="schema" id="topic-\(name)">
            <h3><a href="#topic-\(name)"><code>\(breakable(topic.name))</code></a></h3>
            \(HTMLText.paragraphs(topic.value["summary"]?.string ?? ""))
            <h4>Headers</h4>\(members(topic.value["headers"] ?? [:]))
            <h4>Data</h4>\(data.map { members($0) + "<p>\(file)</p>" } ?? "<p>The record as it was.</p>")
            </section>
            """
    }

    private func members(_ schema: JSONTree) -> String {
        let required = Set((schema["required"]?.elements ?? []).compactMap(\.string))
        let rows = (schema["properties"]?.members ?? []).map { property in
            row(
                property.name, isRequired: required.contains(property.name), SchemaText(property.value).html,
                SchemaText(property.value).description)
        }
        let about = schema["description"]?.string.map(HTMLText.paragraphs) ?? ""
        return about + (rows.isEmpty ? "<p>\(SchemaText(schema).html)</p>" : table(rows))
    }

    private func row(_ name: String, isRequired: Bool, _ type: String, _ description: String) -> String {
        "<tr><th scope=\"row\"><code>\(breakable(name))</code>\(isRequired ? " <em>required</em>" : "")</th>"
            + "<td>\(type)</td><td>\(HTMLText.inline(description))</td></tr>"
    }

    private func table(_ rows: [String]) -> String {
        "\n<table><tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table>"
    }

    /// Long names may be broken at their joints, where a screen is narrow.
    private func breakable(_ text: String) -> String {
        var html = ""
        for character in HTMLText.escaped(text) {
            if "/.".contains(character), !html.isEmpty { html += "<wbr>" }
            html.append(character)
        }
        return html
    }
}
