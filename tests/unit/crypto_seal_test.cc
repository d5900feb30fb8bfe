#include "platform/crypto/seal.h"

#include <gtest/gtest.h>

#include <set>

namespace lienthong::crypto {
namespace {

TEST(CryptoSeal, OpensWhatItSealed) {
  const auto key = random_key();
  for (const auto* text : {"", "a", "Nguyễn Văn Mẫu"})
    EXPECT_EQ(*open_sealed(key, seal(key, text, "context"), "context"), text);
}

TEST(CryptoSeal, NeverGivesTheSameCiphertextTwice) {
  const auto key = random_key();
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(seal(key, "same", "")).second);
}

TEST(CryptoSeal, RefusesAnotherKeyAnotherContextAndEveryChangedByte) {
  const auto key = random_key();
  const auto sealed = seal(key, "content", "dossier");
  EXPECT_EQ(open_sealed(random_key(), sealed, "dossier").error().reason, "SEAL_BROKEN");
  EXPECT_EQ(open_sealed(key, sealed, "other").error().reason, "SEAL_BROKEN");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(open_sealed(key, changed, "dossier")) << i;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) EXPECT_FALSE(open_sealed(key, sealed.substr(0, size), "dossier"));
}

TEST(CryptoSeal, DerivesAnIndependentKeyForEachUse) {
  const auto key = random_key();
  EXPECT_EQ(derive_key(key, "a"), derive_key(key, "a"));
  EXPECT_NE(derive_key(key, "a"), derive_key(key, "b"));
  EXPECT_NE(derive_key(key, "a"), key);
}

TEST(CryptoSeal, NamesTheCureForAMissingKeyFile) {
  const auto key = read_key_file("/nonexistent/key");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().reason, "KEY_FILE");
  EXPECT_NE(key.error().message_en.find("openssl rand -hex 32"), std::string::npos);
}

}  // namespace
}  // namespace lienthong::crypto
