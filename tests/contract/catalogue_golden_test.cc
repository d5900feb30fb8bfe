#include "catalogue/adapters/parts.h"
#include "catalogue/adapters/release_codec.h"
#include "platform/base/encoding.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lienthong::catalogue {
namespace {

struct Golden {
  Event event;
  std::uint32_t type;
  std::string payload;  ///< Hexadecimal.
};

Hash filled(std::uint8_t with) {
  Hash hash;
  hash.bytes.fill(with);
  return hash;
}

const std::vector<Golden>& goldens() {
  static const std::vector<Golden> all = {{CatalogueReleased{3, filled(0xAA), {filled(0x01), filled(0x02)}}, 1,
                                           "0803"
                                           "1220aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                           "1a200101010101010101010101010101010101010101010101010101010101010101"
                                           "1a200202020202020202020202020202020202020202020202020202020202020202"},
                                          {PartDrafted{filled(0xBB), "abc"}, 2,
                                           "0a20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
                                           "1203616263"}};
  return all;
}

TEST(CatalogueGolden, EventsAreWrittenAsTheyAlwaysWere) {
  for (const auto& golden : goldens()) {
    ::lienthong::ledger::v1::Event wire;
    ReleaseCodec::encode_event(golden.event, wire);
    EXPECT_EQ(wire.type(), golden.type);
    EXPECT_EQ(to_hex(wire.payload()), golden.payload);
  }
}

TEST(CatalogueGolden, EventsWrittenLongAgoAreRead) {
  for (const auto& golden : goldens()) {
    ::lienthong::ledger::v1::Event wire;
    wire.set_type(golden.type);
    wire.set_payload(*from_hex(golden.payload));
    EXPECT_EQ(*ReleaseCodec::decode_event(wire), golden.event);
  }
}

TEST(CatalogueGolden, EntriesAndHashesNeverMove) {
  // Computed with another program.
  EXPECT_EQ(to_hex(part_hash("abc").view()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-4
  EXPECT_EQ(to_hex(catalogue_entry().view()), "5f07719eb5ed9a81128f082472e47030");
  EXPECT_EQ(to_hex(part_entry(filled(0xBB)).view()), "0aba6e7a9b9d38e1595fc8618a33e038");
  EXPECT_EQ(to_hex(catalogue_hash({filled(0x01), filled(0x02)}).view()),
            "1a459460e6985f663d992ceabb6e86ee1eedc01845667291964e0507fcd4f1d4");
}

}  // namespace
}  // namespace lienthong::catalogue
