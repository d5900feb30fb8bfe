#pragma once

#include "platform/base/position.h"
#include "platform/block/block.h"

#include <nlohmann/json.hpp>

#include <string>

namespace lienthong::ltctl {

/// A block as a person reads it: events and commands by the names of their messages, sealed parts as sizes.
/// Precondition: `block` is readable.
nlohmann::json block_json(const LedgerPartition& partition, Offset offset, const block::Block& block);

/// `DossierAccepted`; the number where this build does not know the type.
std::string event_name(const LedgerName& ledger, std::uint32_t type);
/// `command ReceiveDossier`, `input intake 17:3`, ...
std::string cause_text(const LedgerName& ledger, const block::v1::Cause& cause);

}  // namespace lienthong::ltctl
