#include "catalogue/adapters/parts.h"

#include "catalogue/adapters/contents_codec.h"
#include "platform/block/block.h"
#include "platform/crypto/sha256.h"

namespace lienthong::catalogue {
namespace {

/// Fills parts greedily; one entity is never cut.
class Splitter {
 public:
  template <class List, class Add>
  void take(const List& list, Add add) {
    for (const auto& entity : list) {
      // Tag and length take at most 8 bytes more.
      const std::size_t size = entity.ByteSizeLong() + 8;
      if (size_ + size > kPartBytesMax) close();
      *add(current_) = entity;
      size_ += size;
    }
  }
  void close() {
    if (size_ == 0) return;
    std::string bytes = block::encode_message(current_);
    const Hash hash = part_hash(bytes);
    parts_.push_back({hash, std::move(bytes)});
    current_.Clear();
    size_ = 0;
  }
  void title(const v1::Name& name) {
    *current_.mutable_title() = name;
    size_ += name.ByteSizeLong() + 8;
  }
  void quiet_hours(const v1::QuietHours& quiet) {
    *current_.mutable_quiet_hours() = quiet;
    size_ += quiet.ByteSizeLong() + 8;
  }
  std::vector<EncodedPart> finish() {
    close();
    return std::move(parts_);
  }

 private:
  v1::CatalogueContents current_;
  std::size_t size_ = 0;
  std::vector<EncodedPart> parts_;
};

}  // namespace

Result<std::vector<EncodedPart>> split(const shared_kernel::CatalogueContents& contents) {
  const auto wire = encode_contents(contents);
  Splitter splitter;
  splitter.title(wire.title());
  splitter.take(wire.tier_systems(), [](auto& part) { return part.add_tier_systems(); });
  splitter.take(wire.areas(), [](auto& part) { return part.add_areas(); });
  splitter.take(wire.calendars(), [](auto& part) { return part.add_calendars(); });
  splitter.take(wire.agencies(), [](auto& part) { return part.add_agencies(); });
  splitter.take(wire.bindings(), [](auto& part) { return part.add_bindings(); });
  splitter.take(wire.procedures(), [](auto& part) { return part.add_procedures(); });
  splitter.take(wire.principals(), [](auto& part) { return part.add_principals(); });
  if (wire.has_quiet_hours()) splitter.quiet_hours(wire.quiet_hours());
  splitter.take(wire.notice_providers(), [](auto& part) { return part.add_notice_providers(); });
  splitter.take(wire.notice_templates(), [](auto& part) { return part.add_notice_templates(); });
  splitter.take(wire.notice_rules(), [](auto& part) { return part.add_notice_rules(); });
  splitter.take(wire.agency_contacts(), [](auto& part) { return part.add_agency_contacts(); });
  splitter.take(wire.webhooks(), [](auto& part) { return part.add_webhooks(); });
  splitter.take(wire.intake_pauses(), [](auto& part) { return part.add_intake_pauses(); });
  auto parts = splitter.finish();
  for (const auto& part : parts) {
    if (part.bytes.size() > kPartBytesMax) return malformed("one entity of the catalogue is larger than 48 KiB");
  }
  if (parts.size() > kPartsMax) return malformed("the catalogue is larger than 1024 parts");
  return parts;
}

Result<shared_kernel::CatalogueContents> merge(const std::vector<std::string_view>& parts) {
  v1::CatalogueContents whole;
  for (const auto bytes : parts) {
    v1::CatalogueContents part;
    if (!part.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return malformed("a part of the catalogue");
    whole.MergeFrom(part);
  }
  return decode_contents(whole);
}

Hash part_hash(std::string_view bytes) { return crypto::sha256({bytes}); }

Hash catalogue_hash(const std::vector<Hash>& parts) {
  crypto::Sha256 hasher;
  hasher.update("ctl1");
  for (const auto& part : parts) hasher.update(part.view());
  return hasher.finish();
}

DossierId part_entry(const Hash& hash) {
  return *DossierId::from(crypto::sha256({"cat1", "part", hash.view()}).view().substr(0, DossierId::kSize));
}

DossierId catalogue_entry() {
  return *DossierId::from(crypto::sha256({"cat1", "catalogue"}).view().substr(0, DossierId::kSize));
}

}  // namespace lienthong::catalogue
