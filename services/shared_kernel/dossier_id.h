#pragma once

#include "platform/base/ids.h"
#include "platform/base/instant.h"
#include "platform/base/result.h"
#include "shared_kernel/home_key.h"

#include <optional>
#include <string>
#include <string_view>

namespace lienthong::shared_kernel {

/// A dossier as the API names it: from the text alone any gateway computes the partition.
struct DossierName {
  HomeKey home;
  DossierId id;
  auto operator<=>(const DossierName&) const = default;
};

/// The id a creating command gives its dossier; the same at every retry.
/// SHA-256("dos1" | home | principal | request id) cut to 16 bytes, each part preceded by its length as u16 big-endian.
DossierId derive_dossier_id(const HomeKey& home, std::string_view principal, const RequestId& request);

/// `<home key>_<26 Crockford base32 characters>`
std::string format_dossier_name(const DossierName& name);
/// Errors: kInvalidArgument, reason DOSSIER_ID_INVALID.
Result<DossierName> parse_dossier_name(std::string_view text);

/// Request id of a command that creates a dossier.
struct CreatingRequest {
  HomeKey home;
  RequestId request;
  bool operator==(const CreatingRequest&) const = default;
};
/// Reads `<home key>_<uuid>`. Errors: kInvalidArgument, reason REQUEST_ID_INVALID.
Result<CreatingRequest> parse_creating_request(std::string_view text);

/// Reads `0190d5c4-7f3a-7c10-9d2b-3f5a6b7c8d9e` in either case. Errors: kInvalidArgument, reason REQUEST_ID_INVALID.
Result<RequestId> parse_uuid(std::string_view text);
std::string format_uuid(const RequestId& id);
/// When a version 7 UUID was made, to the millisecond; nothing for other versions. Source: RFC 9562, 5.7.
std::optional<Instant> uuid_time(const RequestId& id);

}  // namespace lienthong::shared_kernel
