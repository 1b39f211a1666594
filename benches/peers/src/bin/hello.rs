//! The least that a command costs: arguments read with clap, one line printed.

use clap::Parser;

/// Says hello
#[derive(Parser)]
#[command(version)]
struct Args {
    /// To whom
    #[arg(default_value = "world")]
    name: String,
}

fn main() {
    println!("hello, {}", Args::parse().name);
}
