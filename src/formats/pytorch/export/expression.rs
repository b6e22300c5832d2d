//! Symbolic sizes: SymPy prints `Add(Symbol('s0', integer=True), Integer(2))`, people write `s0 + 2`.

/// How deep expressions nest; deeper ones are shown as they are.
const DEPTH: usize = 32;

/// `text` as people write it; as it is, if it is nothing that SymPy prints.
pub fn plain(text: &str) -> String {
    if !text.contains('(') {
        return text.to_owned();
    }
    read(text).unwrap_or_else(|| text.to_owned())
}

fn read(text: &str) -> Option<String> {
    // Calls that are open, with their arguments so far.
    let mut open: Vec<(&str, Vec<String>)> = vec![("", Vec::new())];
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        let Some(first) = rest.chars().next() else { break };
        let end = rest.find(['(', ')', ',']).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end)?;
        if first == '\'' {
            let (name, after) = rest.get(1..)?.split_once('\'')?;
            open.last_mut()?.1.push(name.to_owned());
            rest = after;
        } else if let Some(after) = after.strip_prefix('(') {
            if open.len() > DEPTH {
                return None;
            }
            open.push((word.trim(), Vec::new()));
            rest = after;
        } else if first == ')' {
            let (name, arguments) = open.pop()?;
            open.last_mut()?.1.push(call(name, arguments)?);
            rest = rest.get(1..)?;
        } else {
            // What a symbol is assumed to be does not matter here.
            if !word.contains('=') {
                open.last_mut()?.1.push(word.trim().to_owned());
            }
            rest = after;
        }
    }
    match &*open {
        [("", found)] if found.len() == 1 => found.first().cloned(),
        _ => None,
    }
}

/// `name(arguments)` in the usual notation.
fn call(name: &str, arguments: Vec<String>) -> Option<String> {
    let bound = |text: &String| if text.contains(' ') { format!("({text})") } else { text.clone() };
    let infix = |operator: &str| arguments.iter().map(bound).collect::<Vec<_>>().join(operator);
    Some(match (name.rsplit('.').next()?, &*arguments) {
        ("Symbol" | "Integer" | "Float", [only, ..]) => only.clone(),
        ("Rational", [above, below]) => format!("{above}/{below}"),
        ("Add", _) => arguments.join(" + "),
        ("Mul", _) => infix("·"),
        ("Pow", [_, _]) => infix("^"),
        ("FloorDiv" | "CleanDiv" | "IntTrueDiv", [_, _]) => infix(" // "),
        ("Mod" | "PythonMod", [_, _]) => infix(" % "),
        _ => format!("{name}({})", arguments.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn expressions_read_well() {
        let cases = [
            ("s0", "s0"),
            ("Symbol('s40', positive=True, integer=True)", "s40"),
            ("Add(Symbol('s0', integer=True), Integer(-2))", "s0 + -2"),
            ("Mul(Integer(2), Add(Symbol('a'), Integer(1)))", "2·(a + 1)"),
            ("torch.utils._sympy.functions.FloorDiv(Symbol('s0'), Integer(4))", "s0 // 4"),
            ("Max(Integer(1), Symbol('u0', integer=True))", "Max(1, u0)"),
            ("Pow(Symbol('s0'), Integer(2))", "s0^2"),
            ("Symbol('s0'", "Symbol('s0'"),
            ("Add(1, 2))", "Add(1, 2))"),
            ("('", "('"),
            (")(", ")("),
        ];
        for (given, wanted) in cases {
            assert_eq!(plain(given), wanted);
        }
        let deep = "Add(".repeat(100);
        assert_eq!(plain(&deep), deep);
    }
}
