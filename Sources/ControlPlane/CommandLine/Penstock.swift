import Glibc

/// The program.
package enum Penstock {
  /// Runs what the command line asks for. Returns the exit code: 0 done, 1 could not run, 2 wrong usage.
  package static func run(_ arguments: [String]) -> Int32 {
    do throws(UsageError) {
      switch try Invocation.parse(arguments) {
      case .version: print("penstock \(BuildInfo.currentVersion)")
      case .help: print(Invocation.helpText, terminator: "")
      case .serve(let options):
        Signals.block()
        return Daemon(options).run()
      }
      return 0
    } catch {
      let text = Array("penstock: \(error.message)\nTry: penstock help\n".utf8)
      _ = write(STDERR_FILENO, text, text.count)
      return 2
    }
  }
}
