//! What a message as text is, at a glance.

/// The names of the outermost fields of a message as text, and whether they are messages.
pub fn outermost(text: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    let mut depth = 0usize;
    for line in text.lines() {
        let code = line.split('#').next().unwrap_or_default();
        let quotes = |char: char| char == '"' || char == '\'';
        if depth == 0 {
            let name = code.trim_start();
            let end = name.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(name.len());
            let (name, rest) = name.split_at(end);
            let rest = rest.trim_start();
            let opens = rest.trim_start_matches(':').trim_start().starts_with(['{', '<']);
            if !name.is_empty() && (opens || rest.starts_with(':')) {
                found.push((name, opens));
            }
        }
        // What is in quotes, every second part, opens nothing.
        for part in code.split(quotes).step_by(2) {
            let opened = part.matches(['{', '<', '[']).count();
            depth = (depth + opened).saturating_sub(part.matches(['}', '>', ']']).count());
        }
    }
    found
}
