#include "plugins/proxmox/parse.hpp"
#include "tests/support/catch.hpp"

namespace proxmox {
namespace {

TEST_CASE("a list has three words without a lock and four with one") {
  const auto guests =
      parse_container_list("VMID       Status     Lock         Name                \n"
                           "100        running                 web                 \n"
                           "101        stopped    backup       db                  \n"
                           "102        stopped                 CT102               \n");
  REQUIRE(guests.size() == 3);
  CHECK(guests[0].id == 100);
  CHECK(guests[0].status == "running");
  CHECK(guests[0].lock.empty());
  CHECK(guests[0].name == "web");
  CHECK(guests[1].lock == "backup");
  CHECK(guests[1].name == "db");
  CHECK(parse_container_list("").empty());
}

TEST_CASE("lines that are no rows are passed over and harm no other row") {
  const auto guests = parse_container_list(
      "Welcome!\n\n99 running x\n100\n12345678901 running x\n101 running ok\n");
  REQUIRE(guests.size() == 1);
  CHECK(guests[0].id == 101);
}

TEST_CASE("a status is the word after the key, and its absence is an error") {
  CHECK(parse_status("status: running\n") == "running");
  CHECK(parse_status("cpus: 1\nname: a:b\nstatus: stopped\n") == "stopped");
  CHECK(parse_fields("name: a:b\n").at("name") == "a:b");
  CHECK_THROWS_AS(parse_status("unexpected"), mre::Error);
  CHECK_THROWS_AS(parse_status(""), mre::Error);
}

TEST_CASE("resources are the guests among nodes and storages, by number") {
  const auto guests = parse_resources(
      R"([{"type":"node","node":"pve1"},{"type":"qemu","vmid":200,"name":"vm","node":"pve2","status":"running"},)"
      R"({"type":"lxc","vmid":"101","name":"web","node":"pve1","status":"stopped","tags":"a;b","lock":"backup","template":1},)"
      R"({"type":"lxc"},{"type":"lxc","vmid":-4},7])");
  REQUIRE(guests.size() == 2);
  CHECK(guests[0].id == 101);
  CHECK(guests[0].tags == std::vector<std::string>{"a", "b"});
  CHECK(guests[0].lock == "backup");
  CHECK(guests[0].is_template);
  CHECK(guests[1].kind == Kind::machine);
  CHECK_THROWS_AS(parse_resources("no json"), mre::Error);
  CHECK_THROWS_AS(parse_resources("{}"), mre::Error);
}

TEST_CASE("numbers that come as text, and names that come as numbers, are read") {
  const auto guests = parse_resources(
      R"([{"type":"lxc","vmid":"101","name":12345,"node":"pve1","status":"running","template":"1"},)"
      R"({"type":"lxc","vmid":102,"name":null,"node":"pve1","status":"stopped","template":0,"lock":null}])");
  REQUIRE(guests.size() == 2);
  CHECK(guests[0].name == "12345");
  CHECK(guests[0].is_template);
  CHECK(guests[1].name.empty());
  CHECK_FALSE(guests[1].is_template);
  // By that name, too, as no guest has the number.
  CHECK(find_guest(guests, "12345").id == 101);
  CHECK_THROWS_AS(find_guest(guests, "12346"), mre::Error);
  CHECK(number_at(mre::json{{"n", "7"}}, "n") == 7);
  CHECK_FALSE(number_at(mre::json{{"n", "7x"}}, "n"));
  CHECK_FALSE(number_at(mre::json(), "n"));
  CHECK(text_at(mre::json::array(), "n").empty());
}

TEST_CASE("a task that has no end, or none yet, runs") {
  CHECK(has_ended(mre::json{{"endtime", "1767225600"}}));
  CHECK_FALSE(has_ended(mre::json{{"endtime", nullptr}}));
  CHECK_FALSE(has_ended(mre::json::object()));
}

TEST_CASE("JSON is found behind a warning") {
  CHECK(parse_json("some warning\n[1,2]\n", "x") == mre::json{1, 2});
  CHECK(parse_json("{\n   \"a\" : 1\n}\n", "x") == mre::json{{"a", 1}});
}

TEST_CASE("a UPID has eight parts and a colon at the end") {
  const auto upid = parse_upid("UPID:pve1:00001A2B:0000ABCD:65000000:vzdump:101:root@pam:");
  REQUIRE(upid);
  CHECK(upid->node == "pve1");
  CHECK(upid->type == "vzdump");
  CHECK(upid->id == "101");
  CHECK(upid->user == "root@pam");
  CHECK(upid->start == 0x65000000);
  CHECK(upid->process_start == 0xABCD);
  CHECK(parse_upid("UPID:pve1:00001A2B:1234ABCD5:65000000:vzcreate::root@pam!token:"));
  for (const char *text : {"", "UPID", "UPID:pve1:0:0:0:x:1:root@pam", "UPID:a/b:0:0:0:x:1:r:",
                           "UPID:pve1:zz:0:0:x:1:r:", "UPID::0:0:0:x:1:r:", "UPID:p:0:0:0:x:1:r::",
                           "UPID:p:0:0:0:x;y:1:r:", "UPID:p:0:0:0:x:$(id):r:"}) {
    CHECK_FALSE(parse_upid(text));
  }
}

TEST_CASE("of two tasks of one second the one whose process began later is the newer") {
  const auto task = [](const std::string &node, const std::string &ticks,
                       const std::string &second) {
    return *parse_upid("UPID:" + node + ":00001A2B:" + ticks + ":" + second +
                       ":vzdump:101:root@pam:");
  };
  const Upid earlier = task("pve1", "0001D179", "6B01422E");
  const Upid later = task("pve1", "0001DE61", "6B01422E");
  CHECK(is_newer(later, earlier));
  CHECK_FALSE(is_newer(earlier, later));
  CHECK_FALSE(is_newer(later, later));
  // another second decides before the ticks do, and ticks of another node say nothing
  CHECK(is_newer(task("pve1", "00000001", "6B01422F"), later));
  CHECK(is_newer(earlier, task("pve2", "0FFFFFFF", "6B01422E")));
}

TEST_CASE("a guest is found by number or by a name that is unique") {
  std::vector<Guest> guests(3);
  guests[0].id = 101;
  guests[0].name = "web";
  guests[1].id = 102;
  guests[1].name = "db";
  guests[2].id = 103;
  guests[2].name = "db";
  CHECK(find_guest(guests, "101").id == 101);
  CHECK(find_guest(guests, "web").id == 101);
  CHECK(find_guest(guests, "103").id == 103);
  CHECK_THROWS_AS(find_guest(guests, "db"), mre::Error);
  CHECK_THROWS_AS(find_guest(guests, "104"), mre::Error);
  CHECK_THROWS_AS(find_guest(guests, ""), mre::Error);
}

TEST_CASE("an id is digits within the bounds and nothing else") {
  CHECK(id_of("100") == 100);
  CHECK(id_of("999999999") == 999999999);
  for (const char *text : {"", "99", "0100", "1000000000", "12a", " 101", "-101", "101 "}) {
    CHECK(id_of(text) == 0);
  }
}

} // namespace
} // namespace proxmox
