package import Arguments
import Glibc

/// Runs a verb.
package enum ClientProgram {
  /// - Parameter verb: the name of one in `ClientVerbs.table`.
  /// - Returns: the exit code: 0 done, 1 refused or failed, 3 server not reachable.
  /// - Throws: for wrong usage, exit code 2.
  package static func run(_ verb: String, _ arguments: ParsedArguments, version: String) throws(UsageError) -> Int32 {
    let layout = Layout(
      width: Terminal.width(), hasColour: Terminal.wantsColour(), isTerminal: Terminal.isTerminal(STDOUT_FILENO), nowMs: now())
    let form = arguments["output"].flatMap(OutputForm.init(rawValue:)) ?? .table
    let run = ClientRun(
      arguments: arguments, console: Console(), layout: layout, form: form, printsLines: verb == "tail" || verb == "events")
    let console = run.console
    if verb == "validate" { return finish(console) { () throws(ClientError) in try run.validate() } }
    let settings = try ClientSettings(arguments)
    do throws(ClientError) {
      let action = try run.action(verb)
      let client = try HTTPClient(settings, version: version)
      if settings.token != nil, !settings.server.isSecure, !settings.server.isLoopback {
        console.note("the token goes to \(settings.server.base) unencrypted; https keeps it from others on the way")
      }
      return try action(client)
    } catch {
      if case .usage(let usage) = error { throw UsageError(usage.message, command: verb) }
      report(error, run, settings)
      return error.exitCode
    }
  }

  /// Unix milliseconds.
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  private static func finish(_ console: Console, _ body: () throws(ClientError) -> Int32) -> Int32 {
    do throws(ClientError) {
      return try body()
    } catch {
      if case .failed(let why) = error { console.note(why) }
      return error.exitCode
    }
  }

  /// Says what went wrong. A program that reads JSON finds the server's problem where it looks for the result.
  static func report(_ error: ClientError, _ run: ClientRun, _ settings: ClientSettings, about name: String? = nil) {
    let place = name.map { "\(SafeText.line($0)): " } ?? ""
    switch error {
    case .usage(let usage): run.console.note(place + usage.message)
    case .failed(let why), .unreachable(let why): run.console.note(place + why)
    case .refused(let answer):
      if run.form == .json, let document = answer.document { try? run.printsLines ? run.console.line(document) : run.console.out(document) }
      let text = ProblemView.text(answer, server: settings.server.base, hasToken: settings.token != nil, run.layout.withoutColour)
      run.console.error("penstock: \(place)\(text)")
    }
  }
}
