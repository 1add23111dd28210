#include <string.h>

#include "domain/core/evidence/evidence.h"
#include "kit/kit.h"

static const struct subject order = { "repair", 7001 };
static const struct stored_file photo = {
	.digest = "1111111111111111111111111111111111111111111111111111111111111111",
	.shown_digest = "2222222222222222222222222222222222222222222222222222222222222222",
	.type = "image/jpeg",
	.bytes = 1000,
	.width = 40,
	.height = 30,
};

static struct evidence arrival(void)
{
	return (struct evidence){ .module = order.module,
		.subject_id = order.id,
		.org_id = 1,
		.kind = EVIDENCE_ARRIVAL,
		.name = "../../etc/𠮷.jpg",
		.longitude_e6 = 118650000,
		.latitude_e6 = 34920000 };
}

static void the_same_photo_sent_twice_is_one_piece(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct evidence first = arrival(), again = arrival();
	int64_t count;
	assert_true(evidence_add(c, &first, &photo));
	assert_true(evidence_add(c, &again, &photo));
	assert_int_equal(first.id, again.id);
	assert_true(evidence_count(c, order, 0, &count));
	assert_int_equal(count, 1);
}

static void pieces_are_counted_by_kind_and_subject(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct evidence first = arrival(), second = arrival();
	int64_t count;
	second.kind = EVIDENCE_AFTER;
	assert_true(evidence_add(c, &first, &photo));
	assert_true(evidence_add(c, &second, &photo));
	assert_true(evidence_count(c, order, EVIDENCE_AFTER, &count));
	assert_int_equal(count, 1);
	assert_true(evidence_count(c, order, EVIDENCE_SIGNATURE, &count));
	assert_int_equal(count, 0);
	assert_true(evidence_count(c, (struct subject){ "repair", 7002 }, 0, &count));
	assert_int_equal(count, 0);
}

static void a_document_has_no_picture_to_show(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct evidence paper = arrival();
	struct stored_file file = photo;
	file.shown_digest = NULL;
	file.type = "application/pdf";
	paper.kind = EVIDENCE_DOCUMENT;
	assert_true(evidence_add(c, &paper, &file));
	struct json_out out = json_out_new(c->arena);
	assert_true(evidence_write(c, order, &out));
	assert_non_null(strstr(json_out_text(&out), "\"image\":null"));
	assert_non_null(strstr(json_out_text(&out), "/original"));
	assert_non_null(strstr(json_out_text(&out), "../../etc/𠮷.jpg")); /* shown as it came, used nowhere */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(the_same_photo_sent_twice_is_one_piece),
		kit_test(pieces_are_counted_by_kind_and_subject),
		kit_test(a_document_has_no_picture_to_show),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
