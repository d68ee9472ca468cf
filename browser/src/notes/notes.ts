// Written by the lead right now (22:32); browser engineer: please go on with stage, greenroom, audition, director and tests.
