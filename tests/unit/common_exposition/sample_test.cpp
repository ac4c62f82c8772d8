// SPDX-License-Identifier: Apache-2.0
#include "common/exposition/sample.hpp"

#include <gtest/gtest.h>

namespace {

using namespace sonde::common::exposition;

sample of(metric_type type, std::string_view family, std::string_view name) {
    sample made;
    made.type = type;
    made.family = family;
    made.name = name;
    return made;
}

TEST(Sample, is_cumulative_if_it_only_grows) {
    EXPECT_TRUE(of(metric_type::counter, "a_total", "a_total").is_cumulative());
    EXPECT_TRUE(of(metric_type::counter, "a", "a_total").is_cumulative());
    EXPECT_TRUE(of(metric_type::histogram, "a", "a_bucket").is_cumulative());
    EXPECT_TRUE(of(metric_type::summary, "a", "a_count").is_cumulative());
}

TEST(Sample, is_not_cumulative_if_it_may_fall) {
    EXPECT_FALSE(of(metric_type::gauge, "a", "a").is_cumulative());
    EXPECT_FALSE(of(metric_type::unknown, "a_total", "a_total").is_cumulative()) << "nothing is guessed";
    EXPECT_FALSE(of(metric_type::counter, "a", "a_created").is_cumulative()) << "a time";
    EXPECT_FALSE(of(metric_type::histogram, "a", "a_created").is_cumulative());
    EXPECT_FALSE(of(metric_type::summary, "a", "a").is_cumulative()) << "a quantile";
    EXPECT_FALSE(of(metric_type::gauge_histogram, "a", "a_bucket").is_cumulative());
}

TEST(Type, has_the_word_of_type_lines) {
    for (const metric_type each :
         {metric_type::unknown, metric_type::counter, metric_type::gauge, metric_type::histogram,
          metric_type::gauge_histogram, metric_type::summary, metric_type::state_set, metric_type::info}) {
        EXPECT_EQ(metric_type_of(name(each)), each) << name(each);
    }
    EXPECT_EQ(metric_type_of("untyped"), metric_type::unknown);
    EXPECT_EQ(metric_type_of("of another day"), metric_type::unknown);
}

TEST(Type, takes_only_its_own_suffixes) {
    EXPECT_TRUE(takes_suffix(metric_type::histogram, "_bucket"));
    EXPECT_TRUE(takes_suffix(metric_type::gauge, ""));
    EXPECT_FALSE(takes_suffix(metric_type::summary, "_bucket"));
    EXPECT_FALSE(takes_suffix(metric_type::gauge, "_total"));
    EXPECT_TRUE(takes_suffix(metric_type::gauge_histogram, "_gsum"));
    EXPECT_TRUE(takes_suffix(metric_type::info, "_info"));
}

}  // namespace
