// SPDX-License-Identifier: Apache-2.0
#include "k8s/tracker.hpp"

#include <gtest/gtest.h>

#include "texts.hpp"

namespace sonde::k8s {
namespace {

using testing::padded;

constexpr std::array<const char*, 5> actions{"", "ADDED", "MODIFIED", "DELETED", "SYNCED"};
constexpr std::array<const char*, 6> origins{"", "watch", "list", "relist", "snapshot", "amendment"};

class Tracker : public ::testing::Test {
protected:
    // "ADDED list web@5"
    void note(const change& what) {
        std::string line = std::string(actions[static_cast<std::size_t>(what.action)]) + " " +
                           origins[static_cast<std::size_t>(what.origin)];
        if (what.object != nullptr) {
            line += " " + std::string(what.object->name) + "@" + std::string(what.object->resource_version);
            EXPECT_FALSE(what.json.empty());
        } else {
            line += " " + std::to_string(what.object_count);
        }
        told_.push_back(line);
    }
    tracker make(kind_id kind = kind_id::pods, std::set<std::string, std::less<>> ignored = {},
                 std::size_t limit = 100) {
        return tracker(info_of(kind), {}, std::move(ignored), limit, [this](const change& what) { note(what); });
    }
    void list(tracker& objects, std::string_view items) {
        const padded text(testing::list("9", items));
        objects.begin_list();
        ASSERT_TRUE(reader_.read_list(text.view(), objects.kind(),
                                      [&](const object_facts& object) { objects.take_listed(object, reader_); }));
        objects.end_list();
    }
    void frame(tracker& objects, std::string_view type, std::string_view object) {
        const padded text(testing::frame(type, object));
        const auto read = reader_.read_frame(text.view(), objects.kind());
        ASSERT_TRUE(read);
        objects.take_frame(read->type, *read->object, reader_);
    }
    std::vector<std::string> told() { return std::exchange(told_, {}); }
    using lines = std::vector<std::string>;

    document_reader reader_{filter_settings{}};
    std::vector<std::string> told_;
};

TEST_F(Tracker, the_first_list_tells_everything_and_marks_its_end) {
    tracker objects = make();
    EXPECT_FALSE(objects.is_synced());
    list(objects, testing::item("a", 1, "5") + "," + testing::item("b", 2, "6"));
    EXPECT_EQ(told(), (lines{"ADDED list a@5", "ADDED list b@6", "SYNCED list 2"}));
    EXPECT_TRUE(objects.is_synced());
}

TEST_F(Tracker, a_later_list_tells_only_what_differs) {
    tracker objects = make();
    list(objects, testing::item("same", 1, "5") + "," + testing::item("changed", 2, "6") + "," +
                      testing::item("gone", 3, "7") + "," + testing::item("remade", 4, "8"));
    told();
    list(objects, testing::item("same", 1, "5") + "," + testing::item("changed", 2, "16") + "," +
                      testing::item("remade", 14, "18") + "," + testing::item("new", 5, "19"));
    EXPECT_EQ(told(), (lines{"MODIFIED relist changed@16", "DELETED relist remade@8", "ADDED relist remade@18",
                             "ADDED relist new@19", "DELETED relist gone@7", "SYNCED relist 4"}));
}

TEST_F(Tracker, a_list_that_broke_off_deletes_nothing) {
    tracker objects = make();
    list(objects, testing::item("a", 1, "5") + "," + testing::item("b", 2, "6"));
    told();
    objects.begin_list();
    list(objects, testing::item("a", 1, "5") + "," + testing::item("b", 2, "6"));
    EXPECT_EQ(told(), (lines{"SYNCED relist 2"}));
}

TEST_F(Tracker, frames_tell_each_change_once) {
    tracker objects = make();
    list(objects, "");
    told();
    frame(objects, "ADDED", testing::item("a", 1, "5"));
    frame(objects, "ADDED", testing::item("a", 1, "5"));
    frame(objects, "MODIFIED", testing::item("a", 1, "6"));
    frame(objects, "MODIFIED", testing::item("a", 1, "6"));
    frame(objects, "DELETED", testing::item("a", 1, "7"));
    frame(objects, "DELETED", testing::item("a", 1, "7"));
    EXPECT_EQ(told(), (lines{"ADDED watch a@5", "MODIFIED watch a@6", "DELETED watch a@7"}));
    EXPECT_EQ(objects.counts().duplicates, 3U);
    EXPECT_EQ(objects.store().size(), 0U);
}

TEST_F(Tracker, an_object_made_again_under_its_name_is_another) {
    tracker objects = make();
    list(objects, testing::item("a", 1, "5"));
    told();
    frame(objects, "ADDED", testing::item("a", 2, "9"));
    EXPECT_EQ(told(), (lines{"DELETED watch a@5", "ADDED watch a@9"}));
    frame(objects, "DELETED", testing::item("a", 1, "8"));
    EXPECT_TRUE(told().empty()) << "the deletion of the former one comes late";
}

TEST_F(Tracker, a_change_of_an_unknown_object_is_its_arrival) {
    tracker objects = make();
    frame(objects, "MODIFIED", testing::item("a", 1, "5"));
    EXPECT_EQ(told(), (lines{"ADDED watch a@5"}));
}

TEST_F(Tracker, ignored_namespaces_are_silent_and_counted) {
    tracker objects = make(kind_id::pods, {"kube-system"});
    list(objects, testing::item("a", 1, "5", "kube-system") + "," + testing::item("b", 2, "6"));
    frame(objects, "ADDED", testing::item("c", 3, "7", "kube-system"));
    EXPECT_EQ(told(), (lines{"ADDED list b@6", "SYNCED list 1"}));
    EXPECT_EQ(objects.counts().ignored, 2U);
}

TEST_F(Tracker, everything_is_told_again_on_request) {
    tracker objects = make();
    objects.tell_all(change_origin::snapshot);
    EXPECT_TRUE(told().empty()) << "nothing is complete yet";
    list(objects, testing::item("a", 1, "5"));
    frame(objects, "MODIFIED", testing::item("a", 1, "6"));
    told();
    objects.tell_all(change_origin::snapshot);
    EXPECT_EQ(told(), (lines{"ADDED snapshot a@6", "SYNCED snapshot 1"}));
    objects.tell_again("shop/a", change_origin::amendment);
    objects.tell_again("shop/none", change_origin::amendment);
    EXPECT_EQ(told(), (lines{"MODIFIED amendment a@6"}));
}

TEST_F(Tracker, events_are_told_once_and_forgotten_in_silence) {
    tracker events = make(kind_id::events);
    list(events, testing::item("e1", 1, "5") + "," + testing::item("e2", 2, "6"));
    EXPECT_EQ(told(), (lines{"ADDED list e1@5", "ADDED list e2@6", "SYNCED list 2"}));
    frame(events, "MODIFIED", testing::item("e1", 1, "7"));
    frame(events, "DELETED", testing::item("e1", 1, "8"));
    EXPECT_EQ(told(), (lines{"MODIFIED watch e1@7"}));
    list(events, "");
    EXPECT_EQ(told(), (lines{"SYNCED relist 0"}));
    EXPECT_EQ(events.counts().expired, 2U);
    list(events, testing::item("e3", 3, "9"));
    told();
    events.tell_all(change_origin::snapshot);
    EXPECT_TRUE(told().empty()) << "events are no state";
}

TEST_F(Tracker, a_full_store_still_tells_and_counts) {
    tracker objects = make(kind_id::pods, {}, 1);
    list(objects, testing::item("a", 1, "5") + "," + testing::item("b", 2, "6"));
    EXPECT_EQ(told(), (lines{"ADDED list a@5", "ADDED list b@6", "SYNCED list 1"}));
    EXPECT_EQ(objects.counts().unremembered, 1U);
}

}  // namespace
}  // namespace sonde::k8s
