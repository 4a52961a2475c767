// The wanted paths of a record as a tree of member names.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// One step of a path: a member of that name, or an element of that index.
struct Step {
  /// The first eight bytes of the name and which of them count, to compare most names with one load.
  uint64_t head = 0;
  uint64_t headMask = 0;
  uint32_t length = 0;
  uint32_t node = 0;
  /// -1 unless the name is a canonical index.
  int64_t index = -1;
  std::string name;
};

struct Node {
  /// Bit `length % 64` of every step's name.
  uint64_t lengths = 0;
  /// Largest index among the steps, or -1.
  int64_t lastIndex = -1;
  /// Where the value is noted, or -1.
  int32_t slot = -1;
  std::vector<Step> steps;
};

class Plan {
 public:
  Plan() : nodes_(1) {}

  /// The slot of a dotted path; the same path has one slot. A path of too many steps gets a slot that nothing fills.
  uint32_t slot(std::string_view path);
  /// A slot that no path leads to.
  uint32_t freeSlot() { return slots_++; }

  const Node &node(uint32_t index) const { return nodes_[index]; }
  uint32_t slotCount() const { return slots_; }

 private:
  uint32_t child(uint32_t parent, std::string_view name);

  std::vector<Node> nodes_;
  uint32_t slots_ = 0;
};

}  // namespace penstock
