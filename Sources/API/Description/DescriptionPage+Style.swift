extension DescriptionPage {
    /// From the width of a phone on; for light and dark; for print.
    static let style = """
        :root {
          --text: #1c2430; --dim: #5a6675; --line: #d9dfe6; --ground: #fff; --raised: #f5f7f9; --accent: #0b5cad;
          --get: #0b6e4f; --post: #0b5cad; --put: #8a5a00; --delete: #b3261e;
          color-scheme: light dark;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --text: #e4e9ef; --dim: #9aa7b5; --line: #323c48; --ground: #12171d; --raised: #1b222b; --accent: #7ab8ff;
            --get: #5fd3a8; --post: #7ab8ff; --put: #e9b949; --delete: #ff9a92;
          }
        }
        *, ::before, ::after { box-sizing: border-box; }
        html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
        @media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
        body {
          margin: 0 auto; padding: 1rem; max-width: 76rem; color: var(--text); background: var(--ground);
          font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word;
        }
        a { color: var(--accent); text-underline-offset: .15em; }
        a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        .skip { position: absolute; left: -100vw; }
        .skip:focus { position: static; }
        h1 { margin: .5rem 0 0; font-size: 1.9rem; }
        h2 { margin: 2.5rem 0 .5rem; padding-bottom: .3rem; border-bottom: 2px solid var(--line); }
        h3 { margin: 0 0 .4rem; font-size: 1.15rem; }
        h3 a { color: inherit; text-decoration: none; }
        h3 a:hover { text-decoration: underline; }
        h4 { margin: 1.2rem 0 .3rem; font-size: .85rem; letter-spacing: .04em; text-transform: uppercase; color: var(--dim); }
        p { margin: .4rem 0; }
        .lead, .demand { color: var(--dim); }
        code, pre { font: .9em/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
        pre { overflow-x: auto; padding: .8rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--raised); }
        nav ul { margin: .2rem 0 .8rem; padding-left: 1.1rem; }
        nav li { padding: .15rem 0; }
        nav summary { font-weight: 600; padding: .2rem 0; cursor: pointer; }
        section.operation, section.schema { margin: 1rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; }
        section:target { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
        .method { font-weight: 700; font-size: .85rem; }
        .get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); } .delete { color: var(--delete); }
        table { width: 100%; border-collapse: collapse; }
        th, td { padding: .4rem .6rem .4rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
        th { font-weight: 400; }
        th em { font-size: .8rem; color: var(--delete); }
        td { color: var(--dim); }
        td:last-child { color: var(--text); }
        dl { display: grid; grid-template-columns: 3rem minmax(0, 1fr); margin: 0; }
        dt, dd { margin: 0; padding: .3rem 0; border-top: 1px solid var(--line); }
        dt { font-weight: 600; } .s2 { color: var(--get); } .s4 { color: var(--put); } .s5 { color: var(--delete); }
        @media (max-width: 40rem) {
          table, tbody, tr, th, td { display: block; }
          tr { padding: .4rem 0; border-top: 1px solid var(--line); }
          th, td { padding: .1rem 0; border: 0; }
          section.operation, section.schema { padding: .8rem; }
        }
        @media (min-width: 62rem) {
          body { display: grid; grid-template-columns: 17rem minmax(0, 1fr); column-gap: 2.5rem; }
          .skip, header { grid-column: 1 / -1; }
          nav { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow-y: auto; font-size: .92rem; }
        }
        @media print { nav { display: none; } section { break-inside: avoid; } }

        """
}
