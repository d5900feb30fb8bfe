#pragma once

#include "catalogue/core/release.h"
#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/ledger/machine.h"

#include <memory>
#include <string>
#include <string_view>

namespace lienthong::catalogue {

/// Events, state and causes of the catalogue's ledger as bytes.
struct ReleaseCodec {
  static void encode_event(const Event& event, ::lienthong::ledger::v1::Event& wire);
  static Result<Event> decode_event(const ::lienthong::ledger::v1::Event& wire);
  static std::string encode_state(const State& state);
  static Result<State> decode_state(std::string_view bytes);
  static Result<Cause> decode_cause(const ledger::CauseView& view);
};

/// Body of a DraftPart command, as CommandRequest::body carries it, and its type.
std::string encode_draft_part(std::string_view contents);
/// Body of a ReleaseCatalogue command.
std::string encode_release(const std::vector<Hash>& parts);
inline constexpr std::uint32_t kDraftPartCommand = 1;
inline constexpr std::uint32_t kReleaseCatalogueCommand = 2;

/// The catalogue as its one lane sees it; it takes inputs from nobody.
std::unique_ptr<ledger::Machine> make_catalogue_machine();

}  // namespace lienthong::catalogue
