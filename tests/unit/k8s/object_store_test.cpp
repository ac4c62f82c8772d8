// SPDX-License-Identifier: Apache-2.0
#include "k8s/object_store.hpp"

#include <gtest/gtest.h>

#include "texts.hpp"

namespace sonde::k8s {
namespace {

object_facts facts(std::string_view name, std::string_view uid, std::string_view version) {
    object_facts made;
    made.in_namespace = "shop";
    made.name = name;
    made.uid = uid;
    made.resource_version = version;
    return made;
}

TEST(Uid, keeps_uuids_and_hashes_other_texts) {
    const uid_key key = uid_key::of("57924576-9ab8-4f6a-a0aa-b7fa25233ee8");
    EXPECT_EQ(key.high, 0x579245769ab84f6aU);
    EXPECT_EQ(key.low, 0xa0aab7fa25233ee8U);
    EXPECT_FALSE(uid_key::of("node-a").is_empty());
    EXPECT_NE(uid_key::of("node-a"), uid_key::of("node-b"));
    EXPECT_TRUE(uid_key::of("").is_empty());
}

TEST(Packer, gives_back_what_it_got_with_and_without_a_dictionary) {
    packer by;
    const std::string text(5000, 'x');
    for (const std::string_view dictionary : {"", "xxxxxxxxxxxxxxxxxx"}) {
        std::string packed;
        by.pack(text, dictionary, packed);
        EXPECT_LT(packed.size(), 100U);
        std::string unpacked = "before ";
        ASSERT_TRUE(by.unpack(packed, text.size(), dictionary, unpacked));
        EXPECT_EQ(unpacked, "before " + text);
    }
}

TEST(Packer, refuses_what_it_did_not_pack) {
    packer by;
    std::string out;
    EXPECT_FALSE(by.unpack("nonsense", 10, "", out));
    std::string packed;
    by.pack("text", "", packed);
    EXPECT_FALSE(by.unpack(packed, 3, "", out));
}

TEST(ObjectStore, remembers_versions_and_gives_objects_back) {
    object_store store(10);
    const std::string uid = testing::uid(1);
    const object_facts pod = facts("web", uid, "5");
    EXPECT_EQ(object_store::key_of(pod), "shop/web");
    ASSERT_TRUE(store.put("shop/web", pod, R"({"a":1})"));
    const auto* entry = store.find("shop/web");
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->resource_version, "5");
    std::string json;
    ASSERT_TRUE(store.recall(*entry, json));
    EXPECT_EQ(json, R"({"a":1})");
    store.erase("shop/web");
    EXPECT_EQ(store.find("shop/web"), nullptr);
}

TEST(ObjectStore, is_bounded_but_lets_known_objects_change) {
    object_store store(2);
    EXPECT_TRUE(store.put("a", facts("a", testing::uid(1), "1"), "{}"));
    EXPECT_TRUE(store.put("b", facts("b", testing::uid(2), "1"), "{}"));
    EXPECT_FALSE(store.put("c", facts("c", testing::uid(3), "1"), "{}"));
    EXPECT_TRUE(store.put("b", facts("b", testing::uid(2), "2"), "{}"));
    EXPECT_EQ(store.size(), 2U);
}

TEST(ObjectStore, accounts_for_its_bytes_and_gives_all_of_them_back) {
    object_store store(1000);
    const std::size_t empty = store.bytes();
    const std::string json(300, 'j');
    for (int i = 0; i < 500; ++i) {
        const std::string name = "a-name-that-lies-outside-of-the-string-" + std::to_string(i);
        ASSERT_TRUE(store.put(name, facts(name, testing::uid(i), "a-long-resource-version"), json));
        ASSERT_TRUE(store.put(name, facts(name, testing::uid(i), "another-resource-version"), json));
    }
    const std::size_t full = store.bytes();
    EXPECT_GT(full, empty + 500 * 100);
    for (int i = 0; i < 500; ++i) {
        store.erase("a-name-that-lies-outside-of-the-string-" + std::to_string(i));
    }
    // What stays: buckets of the map and the dictionary.
    EXPECT_LT(store.bytes(), empty + 16'384);
}

}  // namespace
}  // namespace sonde::k8s
