import Glibc

/// What the output goes to.
enum Terminal {
  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Columns of the standard output: of the terminal, else COLUMNS, else 80.
  static func width() -> Int {
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    if let text = ClientSettings.variable("COLUMNS"), let columns = Int(text), (1...10_000).contains(columns) { return columns }
    return 80
  }

  /// See no-color.org.
  static func wantsColour() -> Bool {
    let isPlain = ClientSettings.variable("TERM").map { $0 == "dumb" } ?? true
    return isTerminal(STDOUT_FILENO) && !isPlain && (ClientSettings.variable("NO_COLOR") ?? "").isEmpty
  }

  /// Lets Ctrl-C end the program as done: what runs until then was asked to.
  static func endQuietlyOnInterrupt() { signal(SIGINT) { _ in _exit(0) } }
}
