/// The answer to a command.
package enum CommandResult: Sendable {
  /// What was asked for is the case.
  case done(PipelineSnapshot)
  /// It is under way.
  case accepted(PipelineSnapshot)
  case created(PipelineSnapshot)
  /// A spec was replaced. `effect`: `none`, `restart` (new lanes when it runs) or `state_discarded`.
  case replaced(PipelineSnapshot, changed: Bool, effect: String)
  /// The answer to a dry run.
  case planned(SpecPlan)
  case movedOffsets(OffsetsPlan)
  case deleted
  case refused(Refusal)
}
