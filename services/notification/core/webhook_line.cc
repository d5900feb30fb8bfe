#include "notification/core/webhook_line.h"

#include <algorithm>

namespace lienthong::notification {

void evolve(std::optional<WebhookLine>& line, const LineOpened& event) {
  line.emplace();
  line->subscription = event.subscription;
  line->since = event.since;
}

void evolve(WebhookLine& line, Instant at, const DeliveriesReported& event) {
  line.positions = event.positions;
  line.failing = event.failing;
  for (const auto& tried : event.tried) line.delivered += tried.delivered ? 1 : 0;
  line.tried.insert(line.tried.end(), event.tried.begin(), event.tried.end());
  if (line.tried.size() > kTriedKept)
    line.tried.erase(line.tried.begin(), line.tried.end() - static_cast<std::ptrdiff_t>(kTriedKept));
  if (event.suspended.empty()) return;
  line.suspended_at = at;
  line.suspended = event.suspended;
}

void evolve(WebhookLine& line, const LineSteered& event) {
  ++line.epoch;
  line.suspended_at = {};
  line.suspended.clear();
  // Each has its whole time again.
  line.failing.clear();
  if (!event.given_up.empty()) line.given_up.push_back(event.given_up);
  if (line.given_up.size() > kGivenUpKept) line.given_up.erase(line.given_up.begin());
  if (event.replay_since.micros == 0) return;
  line.since = event.replay_since;
  line.positions.clear();
  line.given_up.clear();
}

}  // namespace lienthong::notification
