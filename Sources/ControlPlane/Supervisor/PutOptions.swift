/// How a spec is to replace another.
package struct PutOptions: Sendable {
  /// A change that the state cannot follow is allowed, and the state goes before the next start.
  package var discardsState = false
  /// Say what would happen, and do nothing.
  package var dryRun = false
  package var preconditions = Preconditions()

  package init() {}
}
