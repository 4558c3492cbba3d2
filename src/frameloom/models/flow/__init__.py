"""Flow estimators: where did every pixel go?"""
