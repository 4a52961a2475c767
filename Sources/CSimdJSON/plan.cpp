#include "plan.hpp"

#include <algorithm>
#include <cstring>

#include "csimdjson.h"

namespace penstock {

namespace {

/// The value of `0`, `1`, `12`...; -1 for anything else, such as `01` or a name.
int64_t canonicalIndex(std::string_view name) {
  if (name.empty() || name.size() > 9 || (name.size() > 1 && name[0] == '0')) return -1;
  int64_t value = 0;
  for (const char letter : name) {
    if (letter < '0' || letter > '9') return -1;
    value = value * 10 + (letter - '0');
  }
  return value;
}

}  // namespace

uint32_t Plan::child(uint32_t parent, std::string_view name) {
  for (const Step &step : nodes_[parent].steps)
    if (step.name == name) return step.node;
  Step step;
  step.name = name;
  step.length = static_cast<uint32_t>(name.size());
  step.index = canonicalIndex(name);
  step.node = static_cast<uint32_t>(nodes_.size());
  const size_t head = std::min<size_t>(name.size(), 8);
  std::memcpy(&step.head, name.data(), head);
  std::memset(&step.headMask, 0xFF, head);
  Node &node = nodes_[parent];
  node.lengths |= uint64_t{1} << (step.length % 64);
  node.lastIndex = std::max(node.lastIndex, step.index);
  const uint32_t index = step.node;
  node.steps.push_back(std::move(step));
  nodes_.emplace_back();
  return index;
}

uint32_t Plan::slot(std::string_view path) {
  if (std::count(path.begin(), path.end(), '.') >= PSJ_MAX_PATH_STEPS) return freeSlot();
  uint32_t node = 0;
  for (;;) {
    const size_t dot = path.find('.');
    node = child(node, path.substr(0, dot));
    if (dot == std::string_view::npos) break;
    path.remove_prefix(dot + 1);
  }
  if (nodes_[node].slot < 0) nodes_[node].slot = static_cast<int32_t>(slots_++);
  return static_cast<uint32_t>(nodes_[node].slot);
}

}  // namespace penstock
