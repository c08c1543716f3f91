"""Files of the reports: which rows, when, how written, and what is spoilt about them."""
