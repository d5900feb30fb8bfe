#pragma once

#include "platform/ledger/decide.h"
#include "platform/ledger/machine.h"
#include "tools/ltctl/ledger_reader.h"
#include "tools/ltctl/source_walk.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lienthong::ltctl {

struct Finding {
  std::string vi;
  std::string en;
};

/// What all decisions of a block share.
struct BlockUnderCheck {
  LedgerId ledger_id;
  Instant decided_at;
  const Rules* rules = nullptr;
};

/// Takes the decisions of one block again, from what the ledger recorded of them.
/// Thread-safety: one thread.
class DecisionCheck {
 public:
  DecisionCheck(const ledger::Machine& machine, LedgerReader& reader, std::uint32_t partition, BlockUnderCheck block)
      : machine_(machine), reader_(reader), partition_(partition), block_(block) {}

  /// `value`: the dossier before this leaf. Nothing: the same bytes came out.
  std::optional<Finding> compare(const ledger::v1::DossierValue& value, const ledger::v1::Leaf& leaf, std::string_view bytes,
                                 const std::optional<SourceDecision>& source, ledger::NumberScratch& numbers);

 private:
  std::optional<Finding> fetch_drained(const ledger::v1::SourceRef& ref, ledger::v1::Leaf& out);

  const ledger::Machine& machine_;
  LedgerReader& reader_;
  std::uint32_t partition_;
  BlockUnderCheck block_;
  std::map<std::pair<std::string, Offset>, block::BlockPtr> drained_;
};

}  // namespace lienthong::ltctl
