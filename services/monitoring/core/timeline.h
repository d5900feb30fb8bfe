#pragma once

#include "monitoring/core/dossier.h"
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

/// Where one shipment stands.
struct PaperStands {
  PaperFact last;      ///< Of its last standing, with what its order says of carrier, item and destination.
  std::string agency;  ///< Answers for it.
  std::string reason;
  Instant silent_since;  ///< Zero, or last heard of.
};

/// Where one notice stands.
struct NoticeStands {
  NoticeFact last;
  std::string agency;  ///< Told, where it is one.
  std::string reason;
  Instant created;
  Instant changed;
};

struct Timeline {
  std::vector<Entry> entries;         ///< By time, but always a cause before what it caused.
  std::vector<Hop> hops;              ///< In the order of their offers.
  std::vector<Custody> custody;       ///< Oldest first; those that go on too.
  std::vector<PaperStands> papers;    ///< By number.
  std::vector<NoticeStands> notices;  ///< By number.
  Duration machine_time{0};           ///< Of all hand-overs between services together.
  std::int64_t statutory_minutes = 0;
};

/// Whether `reader` takes an event of this type from `source`.
using Takes = bool (*)(LedgerNo reader, LedgerNo source, std::uint32_t type);

/// True when no hand-over is open at one end: every source is among the decisions, and whatever a service takes of another
/// one has made a decision there. Pure.
bool whole(const std::vector<Decision>& decisions, Takes takes);

/// Makes one list of a dossier's decisions in all ledgers. While the post has its papers, in a shipment or in a bag, that
/// interval goes on beside the holder's. Pure.
Timeline make_timeline(std::vector<Decision> decisions);
/// Adds the interval of whoever has the dossier now. Pure.
void add_holder(const Dossier& dossier, Timeline& timeline);

}  // namespace lienthong::monitoring
