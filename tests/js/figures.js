// What a data set says of itself before its tokens are counted, for tests to which that does not matter.

export const FIGURES = {
  longest_tokens: null,
  counted_to: null,
  mean_tokens: null,
  notes: [],
  leaked: 0,
  hash: "0a",
};
