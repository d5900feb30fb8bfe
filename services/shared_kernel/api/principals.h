#pragma once

#include "platform/ledger/rules_store.h"
#include "platform/rpc/service.h"
#include "shared_kernel/catalogue.h"

#include <memory>

/// What the gRPC adapters of all services share: who calls, the head of a command, reading and listing dossiers.
namespace lienthong::shared_kernel::api {

/// The latest release. Errors: kUnavailable, reason CATALOGUE_UNAVAILABLE, while none has been folded.
Result<std::shared_ptr<const Catalogue>> latest_catalogue(const ledger::RulesStore& rules);

/// Principals by certificate name in the latest release; `rules` must outlive it.
rpc::PrincipalLookup principals_of(const ledger::RulesStore& rules);

/// Errors: kPermissionDenied, reason NOT_GRANTED, naming the action.
Result<void> require_service(const Catalogue& catalogue, const std::string& principal, Action action);

/// Whether the principal may do this with what lies at the agency, for some procedure at least. Errors: kPermissionDenied,
/// reason NOT_GRANTED, naming the action; kInvalidArgument, reason AGENCY_UNKNOWN, when the catalogue has no such agency.
Result<void> require_agency(const Catalogue& catalogue, const std::string& principal, Action action,
                            const std::string& agency);

/// True when a grant of any kind covers this agency and procedure: then the dossier may be known of.
bool may_know_of(const Principal& principal, std::string_view agency, std::string_view procedure);

Error not_granted(Action action);

}  // namespace lienthong::shared_kernel::api
