#pragma once

#include "notification/adapters/contacts.h"
#include "notification/core/notice.h"
#include "shared_kernel/catalogue.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::notification {

/// Status of a dossier as the national portal counts them, 1 to 10, and since when.
struct PortalStatus {
  std::uint32_t status = 0;
  Instant at;
};

/// `yyyyMMddHHmmss`, local time; empty for a time that is not set.
std::string portal_time(Instant at);

/// Whether the portal is told of this change of status. It keeps a dossier under one code from the receipt on, so nothing is
/// told before it, and nothing ever of one that was withdrawn before it. Source: ADR 21.
bool concerns_portal(std::uint32_t from_status, std::uint32_t to_status);

/// The steps this change of status adds at the portal, oldest first, the change's own last: with the first one told, that it
/// was submitted, if it was so before.
std::vector<PortalStatus> portal_steps(const State& state, std::uint32_t from_status, PortalStatus status);

/// The code the portal knows a dossier by: that of the receipt; the id of one that was not accepted and has no other.
std::string portal_code(const State& state, const std::string& dossier_id);

/// True when everything is known that a message on this status needs; notification may be a moment behind.
bool complete_for(const State& state, std::uint32_t status);

/// `isUpdating` and `data` of `DongBoHoSoMC`: an array with the dossier as it is with this status. Everything is a string. A
/// contact that is not there is one that was erased. Source: OpenCPS, DVCQGIntegrationActionImpl.
std::string dossier_message(const shared_kernel::Catalogue& catalogue, const State& state, const std::string& dossier_id,
                            PortalStatus status, const std::optional<Contact>& contact, bool updating);

/// `data` of `CapNhatTienDoHoSoMC`: an array with one step.
std::string progress_message(const shared_kernel::Catalogue& catalogue, const State& state, const std::string& dossier_id,
                             PortalStatus status);

}  // namespace lienthong::notification
