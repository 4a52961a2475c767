import Testing

@testable import KafkaPipeline

@Suite("The budget of all pipelines' windows")
struct StateBudgetTests {
  private final class Someone {}

  @Test("beyond the limit the pipeline that takes most is told, over all its lanes, and nobody else")
  func largest() {
    let budget = StateBudget(limit: 100)
    let (small, one, two) = (Someone(), Someone(), Someone())
    #expect(budget.note(45, of: ObjectIdentifier(small), "small") == nil)
    #expect(budget.note(30, of: ObjectIdentifier(one), "large") == nil)
    #expect(budget.note(25, of: ObjectIdentifier(two), "large") == nil, "100 of 100")
    #expect(budget.note(46, of: ObjectIdentifier(small), "small") == nil, "too much, but not the largest")
    #expect(budget.note(30, of: ObjectIdentifier(one), "large") == 101)
    budget.close(ObjectIdentifier(one))
    #expect(budget.note(25, of: ObjectIdentifier(two), "large") == nil)
    #expect(budget.note(76, of: ObjectIdentifier(small), "small") == 101)
  }

  @Test("of two that take the same only one is told")
  func tie() {
    let budget = StateBudget(limit: 1)
    let lanes = [Someone(), Someone()]
    _ = budget.note(5, of: ObjectIdentifier(lanes[0]), "a")
    let told = [budget.note(5, of: ObjectIdentifier(lanes[1]), "b"), budget.note(5, of: ObjectIdentifier(lanes[0]), "a")]
    #expect(told.compactMap { $0 } == [10])
  }

  @Test("without a limit nothing is told")
  func none() {
    let lane = Someone()
    #expect(StateBudget().note(.max, of: ObjectIdentifier(lane), "a") == nil)
  }
}
