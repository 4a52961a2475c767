import Arguments
import ControlClient
import ControlPlane
import Glibc

/// The program.
enum Program {
  /// Runs what the command line asks for. Returns the exit code: 0 done, 1 could not run, 2 wrong usage, 3 server not reachable.
  static func run(_ arguments: [String]) -> Int32 {
    do throws(UsageError) {
      switch try Invocation.parse(arguments) {
      case .version: print("penstock \(BuildInfo.currentVersion)")
      case .help(let text), .completions(let text): print(text, terminator: "")
      case .client(let verb, let arguments): return try ClientProgram.run(verb, arguments, version: BuildInfo.currentVersion)
      case .serve(let options):
        Signals.block()
        return Daemon(options).run()
      }
      return 0
    } catch {
      let help = error.command.map { "penstock help \($0)" } ?? "penstock help"
      let text = Array("penstock: \(SafeText.line(error.message))\nTry: \(help)\n".utf8)
      _ = write(STDERR_FILENO, text, text.count)
      return 2
    }
  }
}
