/// How a `Lifecycle` took an event.
package struct LifecycleOutcome: Sendable, Equatable {
  package enum Verdict: Sendable, Equatable {
    /// What was asked for is the case.
    case done
    /// It is under way, now or already.
    case accepted
    /// Something else is under way; why, for people. Nothing was changed.
    case refused(String)
  }

  package var verdict: Verdict
  package var actions: [LifecycleAction]

  static func done(_ actions: LifecycleAction...) -> Self { Self(verdict: .done, actions: actions) }
  static func accepted(_ actions: LifecycleAction...) -> Self { Self(verdict: .accepted, actions: actions) }
  static func refused(_ why: String) -> Self { Self(verdict: .refused(why), actions: []) }
}
