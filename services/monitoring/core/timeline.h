#pragma once

#include "monitoring/core/facts.h"

#include <optional>
#include <string>
#include <vector>

namespace lienthong::monitoring {

/// One decision in a dossier's timeline.
struct Entry {
  Decision decision;
  /// From the source's decision to this one; nothing when there is no source or it is not read yet.
  std::optional<Duration> machine_time;
};

/// One offer of one leg. Machine time and statutory time stand side by side and are never added up.
struct Hop {
  LegRef leg;
  std::string sender;
  std::string agency;
  Instant offered;
  Instant arrived;  ///< Zero: not seen in the agency's inbox yet.
  Instant accepted;
  Instant ended;  ///< Refused or taken back.
  Instant completed;
  Instant confirmed;
  Instant due;
  Duration machine_time{0};
  std::int64_t statutory_minutes = 0;
  std::int64_t desk_minutes = 0;
  bool late = false;
};

struct Timeline {
  std::vector<Entry> entries;    ///< By time, but always a cause before what it caused.
  std::vector<Hop> hops;         ///< In the order of their offers.
  std::vector<Custody> custody;  ///< Oldest first.
  Duration machine_time{0};      ///< Of all hand-overs between services together.
  std::int64_t statutory_minutes = 0;
};

/// Makes one list of a dossier's decisions in all ledgers. Pure.
Timeline make_timeline(std::vector<Decision> decisions);

}  // namespace lienthong::monitoring
