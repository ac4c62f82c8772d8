// SPDX-License-Identifier: Apache-2.0
#include "ebpf/sync/page.hpp"

#include <array>

#include <gtest/gtest.h>

#include "sample.hpp"

namespace sonde::ebpf::sync {
namespace {

TEST(SyncPage, is_an_empty_list_before_anything_was_measured) {
    EXPECT_EQ(page().json(), "[]");
    EXPECT_EQ(to_json({}), "[]");
}

TEST(SyncPage, shows_each_process_with_its_calls_and_what_most_of_them_took) {
    std::array rows{sample(5, SONDE_SYNC_FSYNC, {{0, 98}, {10, 2}}),
                    sample(5, SONDE_SYNC_WRITE, {{1, 1}, {SONDE_SYNC_BUCKETS - 1, 3}}),
                    sample(9, SONDE_SYNC_MSYNC, {{2, 1}})};
    rows[0].value.duration = 250'000'000;
    rows[1].value.bytes = 4096;
    rows[2].value.errors = 1;
    EXPECT_EQ(to_json(rows),
              R"([{"pid":5,"name":"etcd","operations":{"fsync":{"calls":100,"errors":0,"bytes":0,"seconds":0.25,)"
              R"("median_at_most":1e-06,"p99_at_most":0.001024,"slowest_at_most":0.001024},)"
              R"("write":{"calls":4,"errors":0,"bytes":4096,"seconds":0,"median_at_most":null,"p99_at_most":null,)"
              R"("slowest_at_most":null}}},{"pid":9,"name":"etcd","operations":{"msync":{"calls":1,"errors":1,)"
              R"("bytes":0,"seconds":0,"median_at_most":4e-06,"p99_at_most":4e-06,"slowest_at_most":4e-06}}}])");
}

}  // namespace
}  // namespace sonde::ebpf::sync
