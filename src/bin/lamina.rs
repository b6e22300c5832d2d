//! The native command line.
use lamina::formats;
use lamina::source::*;
use std::rc::Rc;
fn main() {
    for f in std::env::args().skip(1) {
        let t = std::time::Instant::now();
        let files = Files::new(&f, Rc::new(NativeFile::open(f.as_ref()).unwrap()));
        match formats::open(&files, Limits::default(), &|_| ()) {
            Err(e) => println!("{f}: {e}"),
            Ok(o) => {
                let m = o.model;
                let nodes: usize = m.graphs.values().map(|g| g.nodes.len()).sum();
                let edges: usize = m.graphs.iter().map(|g| m.edges(g.0)).sum();
                println!(
                    "{f} | {} | {} | {nodes} | {edges} | {:?} {}",
                    m.format,
                    m.graphs.len(),
                    t.elapsed(),
                    o.report.diagnostics.len()
                );
                for d in o.report.diagnostics.iter().take(5) {
                    println!("   {d:?}")
                }
            }
        }
    }
}
