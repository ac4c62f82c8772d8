// SPDX-License-Identifier: Apache-2.0
#include "etcd/place.hpp"

#include <gtest/gtest.h>

#include <sonde/collecting/position_store/format.hpp>

namespace sonde::etcd {
namespace {

TEST(EtcdPlace, is_written_and_read) {
    EXPECT_EQ(to_text({0xdf31, 42}), "df31:42");
    EXPECT_EQ(parse_place("df31:42"), (place{0xdf31, 42}));
    EXPECT_EQ(parse_place(to_text({~0ull, ~0ull})), (place{~0ull, ~0ull}));
    for (const char* text : {"", ":", "1:", ":1", "x:1", "1:x", "1:1 ", "1:-1", "10000000000000000:1"}) {
        EXPECT_EQ(parse_place(text), std::nullopt) << text;
    }
}

TEST(EtcdPlace, any_range_has_a_key_of_its_own) {
    const key_range odd{std::string("\0\xff\n ", 4) + std::string(1000, 'x'), {}};
    EXPECT_TRUE(collecting::position_store::is_key(position_key(odd)));
    EXPECT_EQ(position_key({"/a", "/b"}), position_key({"/a", "/b"}));
    EXPECT_NE(position_key({"/a", "/b"}), position_key({"/a", "/c"}));
    EXPECT_NE(position_key({"/a", ""}), position_key({std::string("/a\0", 3), ""}));
    EXPECT_TRUE(position_key({"/registry/", "/registry0"}).starts_with("watch./registry/."));
}

}  // namespace
}  // namespace sonde::etcd
