#include "catalogue/adapters/catalogue_api.h"

#include "catalogue/adapters/parts.h"
#include "catalogue/adapters/release_codec.h"
#include "platform/base/encoding.h"
#include "platform/block/block.h"
#include "shared_kernel/api/principals.h"
#include "shared_kernel/api/reads.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace lienthong::catalogue {
namespace {

using shared_kernel::Action;
using shared_kernel::Catalogue;

constexpr std::uint32_t kPageSizeDefault = 50;
constexpr std::uint32_t kPageSizeMax = 200;
constexpr std::size_t kTokenDigitsMax = 18;
/// What a failed call can carry; a check (`validate_only`) shows all.
constexpr std::size_t kViolationsShown = 8;

/// The one partition is found whatever the desk is.
shared_kernel::DossierName entry_name(const DossierId& entry) { return {{}, entry}; }

Error no_such_version() {
  return {ErrorCode::kNotFound, "CATALOGUE_VERSION_NOT_FOUND",
          "Không có phiên bản hoặc phần danh mục này; xem: ltctl catalogue show.",
          "There is no such version or part of the catalogue; see: ltctl catalogue show."};
}

Error part_unknown(const Hash& hash) {
  const auto hex = to_hex(hash.view());
  return {ErrorCode::kFailedPrecondition, "CATALOGUE_PART_UNKNOWN",
          "Chưa có phần danh mục " + hex + " ở đây; hãy gửi phần đó, hoặc thử lại sau giây lát nếu vừa gửi.",
          "The part " + hex + " is not known here; draft it, or try again in a moment if that was just done."};
}

Error faulty(const std::vector<Finding>& findings) {
  Error error{ErrorCode::kInvalidArgument, "CATALOGUE_FAULTY",
              "Danh mục có lỗi; hãy sửa rồi nạp lại (kiểm tra bằng: ltctl catalogue check).",
              "The catalogue has faults; correct them and import again (check it with: ltctl catalogue check)."};
  for (const auto& finding : findings) {
    if (finding.severity != Severity::kError || error.violations.size() == kViolationsShown) continue;
    error.violations.push_back({finding.path, finding.reason_en + "; " + finding.cure_en});
  }
  return error;
}

void set_finding(const Finding& finding, v1::Finding& wire) {
  switch (finding.severity) {
    case Severity::kError: wire.set_severity(v1::Finding::SEVERITY_ERROR); break;
    case Severity::kWarning: wire.set_severity(v1::Finding::SEVERITY_WARNING); break;
  }
  wire.set_path(finding.path);
  wire.set_reason_vi(finding.reason_vi);
  wire.set_reason_en(finding.reason_en);
  wire.set_cure_vi(finding.cure_vi);
  wire.set_cure_en(finding.cure_en);
}

void set_version(const ReleasedVersion& version, v1::CatalogueVersion& wire) {
  wire.set_version(version.version);
  wire.mutable_title()->set_vi(version.catalogue->contents().title.vi);
  wire.mutable_title()->set_en(version.catalogue->contents().title.en);
  wire.set_hash(std::string(version.hash.view()));
  for (const auto& part : version.parts) wire.add_part_hashes(std::string(part.view()));
  rpc::set_timestamp(version.released_at, *wire.mutable_release_time());
  wire.mutable_position()->set_service("catalogue");
  wire.mutable_position()->set_block_seq(version.cursor.block_seq);
}

std::optional<std::uint64_t> number_of(std::string_view token) {
  std::uint64_t value = 0;
  for (const char c : token) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return token.empty() || token.size() > kTokenDigitsMax ? std::nullopt : std::optional(value);
}

}  // namespace

CatalogueApi::CatalogueApi(CatalogueApiParts parts)
    : parts_(std::move(parts)),
      commands_("catalogue", parts_.gateway, parts_.clock, parts_.service_key),
      service_("lienthong.catalogue.v1.CatalogueService", principals()) {
  service_.unary<v1::DraftCataloguePartRequest, v1::DraftCataloguePartResponse>(
      "DraftCataloguePart", [this](const auto& call, auto request, auto out) { draft(call, request, out); });
  service_.unary<v1::ImportCatalogueRequest, v1::ImportCatalogueResponse>(
      "ImportCatalogue", [this](const auto& call, auto request, auto out) { import(call, request, out); });
  service_.unary<v1::GetCatalogueRequest, v1::GetCatalogueResponse>(
      "GetCatalogue", [this](const auto& call, auto request, auto out) { get(call, request, out); });
  service_.unary<v1::GetCataloguePartRequest, v1::GetCataloguePartResponse>(
      "GetCataloguePart", [this](const auto& call, auto request, auto out) { get_part(call, request, out); });
  service_.unary<v1::ListCatalogueVersionsRequest, v1::ListCatalogueVersionsResponse>(
      "ListCatalogueVersions", [this](const auto& call, auto request, auto out) { list(call, request, out); });
}

// Before the first release nobody is known, so the operator's certificate, which the installation made, opens the door.
rpc::PrincipalLookup CatalogueApi::principals() const {
  return [this, known = shared_kernel::api::principals_of(parts_.store)](const rpc::Caller& caller) -> Result<std::string> {
    if (parts_.store.catalogue() == nullptr && caller.certificate_name == parts_.first_importer)
      return parts_.first_importer;
    return known(caller);
  };
}

Result<void> CatalogueApi::require(const rpc::Call& call, Action action) const {
  const auto catalogue = parts_.store.catalogue();
  if (catalogue == nullptr) {
    return call.principal == parts_.first_importer ? Result<void>{} : failure(shared_kernel::api::not_granted(action));
  }
  const auto* principal = catalogue->principal(call.principal);
  const bool allowed = principal != nullptr && (Catalogue::allows(*principal, action, "", "") ||
                                                (action == Action::kReadCatalogue && !principal->agency.empty() &&
                                                 Catalogue::allows_some_procedure(*principal, action, principal->agency)));
  if (!allowed) return failure(shared_kernel::api::not_granted(action));
  return {};
}

void CatalogueApi::draft(const rpc::Call& call, const v1::DraftCataloguePartRequest& request,
                         const Out<v1::DraftCataloguePartResponse>& out) const {
  if (const auto granted = require(call, Action::kImportCatalogue); !granted) return out.fail(granted.error());
  const auto id = shared_kernel::parse_uuid(request.header().request_id());
  if (!id) return out.fail(id.error());
  const std::string contents = block::encode_message(request.contents());
  const Hash hash = part_hash(contents);
  const auto name = entry_name(part_entry(hash));
  auto command = commands_.begin(call, request.header(), {name, *id}, request);
  if (!command) return out.fail(command.error());
  command->expected_revision.reset();
  command->type = kDraftPartCommand;
  command->body = encode_draft_part(contents);
  command->reply = [this, name, hash, out](const ledger::Reply& reply) {
    if (reply.error) return out.fail(*reply.error, reply.retry_after);
    v1::DraftCataloguePartResponse answer;
    answer.set_part_hash(std::string(hash.view()));
    commands_.set_result(reply, name, *answer.mutable_result());
    out.ok(answer);
  };
  commands_.submit(name, *std::move(command));
}

Result<shared_kernel::CatalogueContents> CatalogueApi::assemble(const std::vector<Hash>& hashes) const {
  std::vector<std::string> parts;
  for (const auto& hash : hashes) {
    auto part = parts_.store.part(hash);
    if (!part) return failure(part_unknown(hash));
    parts.push_back(*std::move(part));
  }
  return merge({parts.begin(), parts.end()});
}

std::vector<Finding> CatalogueApi::findings_of(const shared_kernel::CatalogueContents& contents) const {
  auto findings = check(contents);
  if (const auto in_force = parts_.store.catalogue(); in_force != nullptr) {
    auto more = check_succession(in_force->contents(), contents);
    findings.insert(findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return findings;
}

void CatalogueApi::import(const rpc::Call& call, const v1::ImportCatalogueRequest& request,
                          const Out<v1::ImportCatalogueResponse>& out) const {
  if (const auto granted = require(call, Action::kImportCatalogue); !granted) return out.fail(granted.error());
  if (request.part_hashes().empty() || request.part_hashes_size() > static_cast<int>(kPartsMax)) {
    return out.fail(rpc::invalid_field("part_hashes", "cần từ 1 đến 1024 phần.", "needs 1 to 1024 parts."));
  }
  std::vector<Hash> hashes;
  for (const auto& bytes : request.part_hashes()) {
    const auto hash = Hash::from(bytes);
    if (!hash) return out.fail(rpc::invalid_field("part_hashes", "mỗi mã băm dài 32 byte.", "each hash has 32 bytes."));
    hashes.push_back(*hash);
  }
  const bool queued = parts_.pool.post([this, call, request, hashes = std::move(hashes), out] {
    const auto contents = assemble(hashes);
    if (!contents) return out.fail(contents.error());
    const auto findings = findings_of(*contents);
    if (!request.validate_only()) {
      if (has_error(findings)) return out.fail(faulty(findings));
      return release(call, request, hashes, findings, out);
    }
    v1::ImportCatalogueResponse answer;
    const auto in_force = parts_.store.catalogue();
    answer.set_version(in_force == nullptr ? 0 : in_force->version());
    answer.set_hash(std::string(catalogue_hash(hashes).view()));
    for (const auto& finding : findings) set_finding(finding, *answer.add_findings());
    out.ok(answer);
  });
  if (!queued) out.fail(shared_kernel::api::too_many_reads());
}

void CatalogueApi::release(const rpc::Call& call, const v1::ImportCatalogueRequest& request, const std::vector<Hash>& hashes,
                           const std::vector<Finding>& findings, const Out<v1::ImportCatalogueResponse>& out) const {
  const auto id = shared_kernel::parse_uuid(request.header().request_id());
  if (!id) return out.fail(id.error());
  const auto name = entry_name(catalogue_entry());
  auto command = commands_.begin(call, request.header(), {name, *id}, request);
  if (!command) return out.fail(command.error());
  command->type = kReleaseCatalogueCommand;
  command->body = encode_release(hashes);
  command->reply = [this, name, hash = catalogue_hash(hashes), findings, out](const ledger::Reply& reply) {
    if (reply.error) return out.fail(*reply.error, reply.retry_after);
    v1::ImportCatalogueResponse answer;
    if (reply.value != nullptr) {
      const auto state = ReleaseCodec::decode_state(reply.value->state());
      if (!state) return out.fail(state.error());
      if (const auto* in_force = std::get_if<Release>(&*state)) answer.set_version(in_force->version);
    }
    answer.set_hash(std::string(hash.view()));
    for (const auto& finding : findings) set_finding(finding, *answer.add_findings());
    commands_.set_result(reply, name, *answer.mutable_result());
    out.ok(answer);
  };
  commands_.submit(name, *std::move(command));
}

void CatalogueApi::get(const rpc::Call& call, const v1::GetCatalogueRequest& request,
                       const Out<v1::GetCatalogueResponse>& out) const {
  if (const auto granted = require(call, Action::kReadCatalogue); !granted) return out.fail(granted.error());
  std::uint64_t number = request.version();
  if (number == 0) {
    const auto latest = parts_.store.latest();
    number = latest ? latest->version : 0;
  }
  const auto version = parts_.store.version(number);
  if (!version) return out.fail(no_such_version());
  v1::GetCatalogueResponse answer;
  set_version(*version, *answer.mutable_catalogue());
  out.ok(answer);
}

void CatalogueApi::get_part(const rpc::Call& call, const v1::GetCataloguePartRequest& request,
                            const Out<v1::GetCataloguePartResponse>& out) const {
  if (const auto granted = require(call, Action::kReadCatalogue); !granted) return out.fail(granted.error());
  const auto hash = Hash::from(request.part_hash());
  if (!hash) return out.fail(rpc::invalid_field("part_hash", "mã băm dài 32 byte.", "the hash has 32 bytes."));
  const auto part = parts_.store.part(*hash);
  v1::GetCataloguePartResponse answer;
  if (!part || !answer.mutable_contents()->ParseFromString(*part)) return out.fail(no_such_version());
  out.ok(answer);
}

void CatalogueApi::list(const rpc::Call& call, const v1::ListCatalogueVersionsRequest& request,
                        const Out<v1::ListCatalogueVersionsResponse>& out) const {
  if (const auto granted = require(call, Action::kReadCatalogue); !granted) return out.fail(granted.error());
  const int asked = request.page().page_size();
  if (asked < 0 || asked > static_cast<int>(kPageSizeMax)) {
    return out.fail(rpc::invalid_field("page.page_size", "cần từ 0 đến 200.", "needs 0 to 200."));
  }
  auto versions = parts_.store.versions();
  if (const auto& token = request.page().page_token(); !token.empty()) {
    const auto before = number_of(token);
    if (!before) {
      return out.fail({ErrorCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                       "Mã trang không thuộc danh sách này; hãy đọc lại từ đầu.",
                       "The page token is not of this list; start again without one."});
    }
    std::erase_if(versions, [&](const ReleasedVersion& version) { return version.version >= *before; });
  }
  v1::ListCatalogueVersionsResponse answer;
  const std::size_t size = asked == 0 ? kPageSizeDefault : static_cast<std::size_t>(asked);
  for (std::size_t i = 0; i < std::min(size, versions.size()); ++i) {
    set_version(versions[versions.size() - 1 - i], *answer.add_versions());
  }
  if (versions.size() > size) {
    answer.mutable_page()->set_next_page_token(std::to_string(versions[versions.size() - size].version));
  }
  auto* position = answer.mutable_page()->add_positions();
  position->set_service("catalogue");
  position->set_block_seq(parts_.store.head_seq().value_or(0));
  out.ok(answer);
}

}  // namespace lienthong::catalogue
